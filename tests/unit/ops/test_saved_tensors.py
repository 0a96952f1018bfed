"""A frozen network's backward pass gets by with fewer saved bytes, and gives the same gradients to the bit."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from supcore.attack import PER_IMAGE_ATTACKS, PerImageAttack, UniversalAttack
from supcore.attack.frozen import frozen
from supcore.networks.acceleration import accelerate
from supcore.ops.saved_tensors import FewSavedTensors
from supcore.perturbation import StereoPerturbation
from tests.unit.networks.small import SMALL, untrained

MANY = 65_536  # pixels, from which on memory counts
LAYERS = {
    "plain": nn.Conv2d(4, 6, 3, padding=1),
    "strided": nn.Conv2d(4, 6, 5, stride=(2, 3), padding=2, bias=False),
    "grouped and dilated": nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2),
    "of volumes": nn.Conv3d(4, 6, 3, stride=(1, 2, 2), padding=1),
    "transposed": nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1),
    "transposed, of volumes": nn.ConvTranspose3d(4, 6, 3, stride=(1, 2, 2), padding=1, output_padding=(0, 1, 1)),
    "transposed, grouped and dilated": nn.ConvTranspose2d(4, 6, 3, dilation=2, groups=2),
    "padded by name": nn.Conv2d(4, 6, 3, padding="same"),
    "relu": nn.ReLU(),
    "leaky relu": nn.LeakyReLU(0.2),
}


def image(dimensions=2, kind=torch.float32):
    values = torch.randn(2, 4, *[9] * dimensions, generator=torch.Generator().manual_seed(0), dtype=kind)
    values[0, 0] = torch.nan  # of a broken image, which must stay visible
    values[0, 1] = 0
    return values.requires_grad_()


@contextmanager
def counting():
    """A list of one number at the end of the block: bytes saved in it for the backward pass, each storage once."""
    storages, saved = {}, []

    def note(tensor):
        storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()  # which keeps its place from others
        return tensor

    with saved_tensors_hooks(note, lambda tensor: tensor):
        yield saved
    saved.append(sum(storage.nbytes() for storage in storages.values()))


def small_pair():
    views = torch.rand(2, 1, 3, 64, 128, generator=torch.Generator().manual_seed(0))
    return [view.requires_grad_() for view in views]


def saved_and_found(function, *inputs, context=nullcontext):
    """Bytes saved for the backward pass; the result, and the gradients of a random sum."""
    with context():
        with counting() as saved:
            result = function(*inputs)
            weights = torch.randn(result.shape, generator=torch.Generator().manual_seed(1)).to(result.dtype)
            loss = (result * weights).sum()
        gradients = torch.autograd.grad(loss, inputs)
    return saved[0], (result.detach(), *gradients)


def assert_same_bits(found, expected):
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
        assert one.stride() == other.stride()


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels last"])
@pytest.mark.parametrize("name", LAYERS)
def test_results_and_gradients_stay(name, last, kind):
    three = "volume" in name
    layer = LAYERS[name].to(kind).requires_grad_(False)
    order = torch.channels_last_3d if three else torch.channels_last
    views = image(3 if three else 2, kind).detach()
    views = (views.contiguous(memory_format=order) if last else views).requires_grad_()
    _, expected = saved_and_found(layer, views)
    _, found = saved_and_found(layer, views, context=FewSavedTensors)
    assert_same_bits(found, expected)


@pytest.mark.parametrize("slope", [0, 0.2])
def test_a_rectifier_in_place_saves_a_byte_a_value(slope):
    def rectified(values):
        moved = values + 1
        return F.leaky_relu(moved, slope, inplace=True) if slope else F.relu(moved, inplace=True)

    views = image()
    _, expected = saved_and_found(rectified, views)
    with FewSavedTensors():
        result = rectified(views)
    (saved,) = result.grad_fn.saved_tensors
    assert (saved.dtype, saved.shape) == (torch.int8, views.shape)
    _, found = saved_and_found(rectified, views, context=FewSavedTensors)
    assert_same_bits(found, expected)


def test_a_frozen_convolution_saves_its_weight_alone():
    layer = nn.Conv2d(4, 6, 3).requires_grad_(False)
    with FewSavedTensors():
        result = layer(image())
    assert [saved.data_ptr() for saved in result.grad_fn.saved_tensors] == [layer.weight.data_ptr()]


@pytest.mark.parametrize("learns", ["weight", "bias"])
def test_what_learns_gets_its_gradient(learns):
    layer = nn.Conv2d(4, 6, 3).requires_grad_(False)
    getattr(layer, learns).requires_grad_()
    views, gradients = torch.ones(1, 4, 9, 9, requires_grad=True), []
    for context in (nullcontext, FewSavedTensors):
        with context():
            gradients.append(torch.autograd.grad(layer(views).sum(), getattr(layer, learns))[0])
    assert gradients[0].any()
    assert torch.equal(*gradients)


def test_an_image_without_a_batch_is_convolved_as_ever():
    layer = LAYERS["plain"].float().requires_grad_(False)
    views = image().detach()[1].requires_grad_()
    assert_same_bits(saved_and_found(layer, views, context=FewSavedTensors)[1], saved_and_found(layer, views)[1])


@pytest.mark.parametrize("name", ["plain", "of volumes", "transposed"])
def test_autocast_casts_as_ever(name):
    layer = LAYERS[name].float().requires_grad_(False)
    views = image(3 if "volume" in name else 2)

    def half(values):
        with torch.autocast("cpu", torch.bfloat16):
            return layer(values)

    _, expected = saved_and_found(half, views)
    _, found = saved_and_found(half, views, context=FewSavedTensors)
    assert found[0].dtype == torch.bfloat16
    assert_same_bits(found, expected)


@pytest.mark.thorough
@pytest.mark.parametrize("name", SMALL)
def test_gradients_of_a_network_stay_and_need_less(name):
    network = accelerate(untrained(name)).eval().requires_grad_(False)
    pair = small_pair()

    def disparity(left, right):
        torch.manual_seed(0)
        return network(left, right).disparity

    before, expected = saved_and_found(disparity, *pair)
    after, found = saved_and_found(disparity, *pair, context=lambda: frozen(network, pixels=MANY))
    assert_same_bits(found, expected)
    assert after < 0.8 * before, f"{after} of {before} bytes"


@pytest.mark.parametrize(("architecture", "pixels"), [("their_module:TheirNetwork", MANY), ("psmnet", MANY - 1)])
def test_networks_of_others_and_those_of_small_images_save_what_they_always_did(architecture, pixels):
    network = untrained("psmnet").requires_grad_(False)
    network.architecture = architecture
    pair = small_pair()

    def disparity(left, right):
        return network(left, right).disparity

    saved = saved_and_found(disparity, *pair, context=lambda: frozen(network, pixels=pixels))[0]
    assert saved == saved_and_found(disparity, *pair)[0]


def universal(network, left, right):
    sup = StereoPerturbation((16, 16), tuple(left.shape[-2:]), 0.02)
    UniversalAttack(network, sup, 1e-3).step(left, right)


def per_image(network, left, right):
    PerImageAttack(network, 0.02, PER_IMAGE_ATTACKS["fgsm"])(left, right, [0])


@pytest.mark.thorough
@pytest.mark.parametrize("attack", [universal, per_image])
def test_attacks_on_many_pixels_save_less(attack):
    network, saved_per_pixel = untrained("psmnet"), []
    for width in (240, 256):  # with as many rows, 65,536 pixels are the first that are many
        pair = torch.rand(2, 1, 3, 256, width, generator=torch.Generator().manual_seed(0))
        with counting() as saved:
            attack(network, *pair)
        saved_per_pixel.append(saved[0] / pair[0, 0, 0].numel())
    assert saved_per_pixel[1] < 0.8 * saved_per_pixel[0]


@pytest.mark.thorough
def test_what_is_computed_again_in_another_thread_saves_the_same():
    """As on a GPU, whose backward pass runs in a thread of its own."""
    network = accelerate(untrained("raft_stereo")).eval().requires_grad_(False)
    network.options = dataclasses.replace(network.options, recompute=True)
    pair = small_pair()
    with frozen(network, pixels=MANY), ThreadPoolExecutor(1) as threads:
        loss = network(*pair).disparity.mean()
        found = threads.submit(torch.autograd.grad, loss, pair, retain_graph=True).result()
        assert_same_bits(found, torch.autograd.grad(loss, pair))
