"""MC-CNN at reduced width: its numbers, what it matches, its authors' files, gradients, semi-global matching."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from supcore.errors import SupError
from supcore.networks import StereoOutput, build_network, load_weights
from supcore.networks.mccnn import cosine_volume, standardized
from supcore.networks.semi_global import semi_global_disparity
from tests.unit.networks.small import training_losses, untrained

NAMES = ["mccnn", "mccnn_sgm"]
# Row, column and disparity in the inner part of two images of 12×16, and the cosine there.
RELEASED = [
    (0, 0, 0, 0.613875862),
    (0, 3, 1, 0.580354946),
    (1, 5, 2, 0.702527358),
    (1, 4, 3, 0.746257595),
    (1, 2, 0, 0.719242691),
    (0, 5, 3, 0.629710896),
]


def random_weights(network):
    """Of NumPy, so that the numbers below depend on no version of PyTorch."""
    random = np.random.default_rng(0)
    with torch.no_grad():
        for parameter in network.parameters():
            scale = (2 / parameter[0].numel()) ** 0.5 if parameter.dim() > 1 else 0.1
            values = scale * random.standard_normal(tuple(parameter.shape))
            parameter.copy_(torch.from_numpy(values))
    return network


def shifted_pair(pixels, size=(24, 96)):
    """A random texture, and the same seen ``pixels`` to the left."""
    wide = torch.rand(1, 3, size[0], size[1] + pixels, generator=torch.Generator().manual_seed(0))
    return wide[..., : size[1]], wide[..., pixels:]


def test_cosines_are_those_of_the_released_module():
    """Computed once by CNES' own module (mccnn 1.2.5) with these weights, on its unpadded inner part."""
    network = random_weights(build_network("mccnn", max_disparity=4)).double()
    y, x = np.mgrid[:12, :16]
    left = np.stack([np.sin(0.7 * x + 0.3 * y), np.cos(0.5 * y * x), np.sin(0.2 * x * x)]) / 2 + 0.5
    right = np.stack([np.cos(0.4 * x - 0.6 * y), np.sin(0.3 * y * x), np.cos(0.9 * y)]) / 2 + 0.5
    with torch.no_grad():
        views = [network.describe(torch.from_numpy(view)[None]) for view in (left, right)]
        found = cosine_volume(*views, 4)[0, 5:7, 5:11]
    assert found.shape == (2, 6, 4)
    for row, column, disparity, value in RELEASED:
        assert found[row, column, disparity].item() == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(16, 32), (17, 70), (1, 1)])
def test_the_map_has_the_size_of_the_images(name, size):
    network = untrained(name)
    pair = torch.rand(2, 2, 3, *size, generator=torch.Generator().manual_seed(0)).unbind()
    output = network(*pair)
    assert output.disparity.shape == (2, 1, *size)
    assert output.auxiliary == ()
    assert torch.equal(network.predict(*pair), output.disparity)
    assert output.disparity.min() >= 0
    assert output.disparity.max() <= min(31, size[1] - 1)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("base_channels", 0),
        ("max_disparity", 0),
        ("temperature", 0.0),
        ("window", 4),
        ("window", -1),
        ("small_penalty", 0.0),
        ("small_penalty", 2.0),
    ],
)
def test_errors_name_the_option(option, value):
    with pytest.raises(SupError, match=f"network mccnn: {option}"):
        build_network("mccnn", **{option: value})


def test_images_are_gray_with_mean_0_and_deviation_1_each():
    images = torch.rand(2, 3, 8, 9, generator=torch.Generator().manual_seed(0)) * torch.tensor([0.1, 1]).view(
        2, 1, 1, 1
    )
    gray = np.tensordot([0.299, 0.587, 0.114], images.double().numpy(), (0, 1))
    expected = np.stack([(g - g.mean()) / g.std() for g in gray])
    np.testing.assert_allclose(standardized(images.double()).squeeze(1).numpy(), expected, atol=1e-5)
    assert (standardized(torch.full((1, 3, 4, 4), 0.5)).abs() < 1e-2).all()


@pytest.mark.parametrize(("width", "disparities"), [(7, 3), (6, 3), (4, 9), (1, 2)])
def test_every_cosine_is_the_product_at_its_shift(width, disparities):
    left, right = torch.rand(2, 2, 3, 2, width, generator=torch.Generator().manual_seed(0))
    volume = cosine_volume(left, right, disparities)
    assert volume.shape == (2, 2, width, disparities)
    for x in range(width):
        for d in range(disparities):
            product = (left[..., x] * right[..., x - d]).sum(1) if d <= x else torch.zeros(2, 2)
            torch.testing.assert_close(volume[:, :, x, d], product)


@pytest.mark.parametrize("name", NAMES)
def test_the_prediction_follows_a_shift_of_the_right_image(name):
    """It matches, and does not guess from the scene; random descriptors suffice for equal texture."""
    for pixels in (4, 11):
        disparity = random_weights(untrained(name)).predict(*shifted_pair(pixels))
        inner = disparity[..., 6:-6, 40:-6]
        assert (inner - pixels).abs().median() < 0.5


def test_borders_are_those_of_an_image_that_goes_on():
    """Stripes whose rows are all alike have alike descriptors in every row."""
    stripes = torch.rand(1, 3, 1, 20, generator=torch.Generator().manual_seed(0)).expand(1, 3, 14, 20)
    described = random_weights(untrained("mccnn")).describe(stripes)
    torch.testing.assert_close(described, described[:, :, 7:8].expand_as(described), rtol=0, atol=1e-5)


def test_soft_argmin_weighs_the_mean_cosines_of_the_window_that_lie_inside():
    network = random_weights(build_network("mccnn", base_channels=8, window=3, max_disparity=5, temperature=0.2))
    left, right = torch.rand(2, 1, 3, 6, 9, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        cosines = cosine_volume(network.describe(left), network.describe(right), 5)[0].double().numpy()
    for y, x in [(0, 0), (0, 8), (3, 2), (5, 7)]:
        mean = cosines[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].mean(axis=(0, 1))[: x + 1]
        weights = np.exp(mean / 0.2)
        expected = (weights * np.arange(len(weights))).sum() / weights.sum()
        assert network.predict(left, right)[0, 0, y, x].item() == pytest.approx(expected, abs=1e-4)


def test_semi_global_matching_is_that_of_one_minus_the_cosines():
    """With penalties of its own; they have the scale of the costs."""
    network = random_weights(
        build_network("mccnn_sgm", base_channels=8, max_disparity=32, small_penalty=0.05, large_penalty=0.3)
    )
    left, right = torch.rand(2, 1, 3, 12, 40, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        cosines = cosine_volume(network.describe(left), network.describe(right), 32)
    expected = semi_global_disparity(1 - cosines, 0.05, 0.3)
    torch.testing.assert_close(network.predict(left, right), expected)
    assert not torch.equal(semi_global_disparity(1 - cosines, 0.1, 0.6), expected)


def test_cosines_are_not_rounded_to_bfloat16():
    """Only the convolutions may be; a temperature of 0.01 tells cosines apart that bfloat16 does not."""
    network, views = random_weights(untrained("mccnn")), torch.rand(2, 1, 3, 12, 20)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        described = [network.describe(view) for view in views]
        rounded = cosine_volume(*described, 4)
    assert all((view.norm(dim=1) - 1).abs().max() < 1e-5 for view in described)
    assert torch.equal(rounded, cosine_volume(*described, 4))


@pytest.mark.parametrize("name", NAMES)
def test_both_views_have_gradients(name):
    network = random_weights(untrained(name))
    left, right = (view.clone().requires_grad_() for view in shifted_pair(5))
    output = network(left, right)
    gradients = torch.autograd.grad(network.loss(output, output.disparity.detach() + 1), (left, right))
    assert all(g.isfinite().all() and (g != 0).float().mean() > 0.9 for g in gradients)


def test_images_without_contrast_have_finite_gradients():
    network = untrained("mccnn")
    left = torch.full((1, 3, 8, 40), 0.5, requires_grad=True)
    network.loss(network(left, left.detach()), torch.full((1, 1, 8, 40), 3.0)).backward()
    assert left.grad.isfinite().all()


def test_semi_global_matching_predicts_otherwise_with_the_gradients_of_the_soft_argmin():
    soft, hard = (random_weights(untrained(name)) for name in NAMES)
    gradients = []
    left, right = torch.rand(2, 1, 3, 16, 48, generator=torch.Generator().manual_seed(0))
    assert not torch.equal(soft.predict(left, right), hard.predict(left, right))
    for network in (soft, hard):
        view = left.clone().requires_grad_()
        gradients += torch.autograd.grad(network(view, right).disparity.sum(), view)
    torch.testing.assert_close(*gradients)


def test_loss_counts_ground_truth_within_the_range():
    target = torch.tensor([[[[10.0, 0.0, -3.0], [32.0, float("nan"), 31.0]]]])
    loss = untrained("mccnn").loss(StereoOutput(torch.full_like(target, 12.0)), target)
    assert loss.item() == pytest.approx((1.5 + 18.5) / 2)


def test_the_released_file_s_form_loads(tmp_path):
    """Layers by number, under 'model' beside the state of the optimizer."""
    network, other = untrained("mccnn"), random_weights(untrained("mccnn_sgm"))
    assert list(network.state_dict())[::2] == [f"conv_blocks.{n}.weight" for n in (0, 2, 4, 6, 8)]
    torch.save({"epoch": 14, "model": network.state_dict(), "optimizer": {"state": {}}}, tmp_path / "w.pt")
    assert load_weights(other, tmp_path / "w.pt") == []
    assert torch.equal(other.conv_blocks[8].weight, network.conv_blocks[8].weight)


def test_training_lowers_the_loss():
    network = untrained("mccnn").train()
    wide = F.interpolate(torch.rand(2, 3, 4, 10, generator=torch.Generator().manual_seed(0)), scale_factor=8)
    left, right = wide[..., :64], wide[..., 12:76]
    target = torch.full((2, 1, 32, 64), 12.0)
    losses = training_losses(network, left, right, target, rate=5e-3, steps=6)
    assert losses[-1] < 0.9 * losses[0]
