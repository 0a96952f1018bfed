"""A frozen network's backward pass gets by with fewer saved bytes, and gives the same gradients to the bit."""

from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from supcore.attack.frozen import frozen
from supcore.networks.acceleration import accelerate
from supcore.ops.saved_tensors import FewSavedTensors
from tests.unit.networks.small import SMALL, untrained

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
    return values.requires_grad_()


def saved_and_found(function, *inputs, context=nullcontext):
    """Bytes saved for the backward pass, each storage counted once; the result, and the gradients of a random sum."""
    storages = {}

    def note(tensor):
        storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with context(), saved_tensors_hooks(note, lambda tensor: tensor):
        result = function(*inputs)
        weights = torch.randn(result.shape, generator=torch.Generator().manual_seed(1)).to(result.dtype)
        loss = (result * weights).sum()
        saved = sum(storage.nbytes() for storage in storages.values())
        gradients = torch.autograd.grad(loss, inputs)
    return saved, (result.detach(), *gradients)


def assert_same_bits(found, expected):
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
        assert one.stride() == other.stride()


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
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
    gradients = []
    for context in (nullcontext, FewSavedTensors):
        with context():
            gradients.append(torch.autograd.grad(layer(torch.ones(1, 4, 9, 9)).sum(), getattr(layer, learns))[0])
    assert gradients[0].any()
    assert torch.equal(*gradients)


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
    pair = [
        torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(seed)).requires_grad_() for seed in (0, 1)
    ]

    def disparity(left, right):
        torch.manual_seed(0)
        return network(left, right).disparity

    before, expected = saved_and_found(disparity, *pair)
    after, found = saved_and_found(disparity, *pair, context=lambda: frozen(network))
    assert_same_bits(found, expected)
    assert after < 0.8 * before, f"{after} of {before} bytes"


def test_networks_of_others_save_what_they_always_did():
    network = untrained("psmnet").requires_grad_(False)
    network.architecture = "their_module:TheirNetwork"
    pair = [
        torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(seed)).requires_grad_() for seed in (0, 1)
    ]

    def disparity(left, right):
        return network(left, right).disparity

    assert saved_and_found(disparity, *pair, context=lambda: frozen(network))[0] == saved_and_found(disparity, *pair)[0]
