"""PSMNet: options, sizes, prediction; its outputs are compared with the release in tests/parity."""

import pytest
import torch

from supcore.errors import SupError
from supcore.networks import build_network
from supcore.networks.losses import masked_smooth_l1
from supcore.networks.psmnet import PSMNet, PSMNetOptions

VARIANTS = ("psmnet", "psmnet_deform6", "psmnet_deform25")


@pytest.mark.parametrize(
    ("name", "count"), [("psmnet", 5_224_768), ("psmnet_deform6", 5_411_716), ("psmnet_deform25", 5_684_902)]
)
def test_published_variants_have_the_published_number_of_parameters(name, count):
    with torch.device("meta"):
        network = build_network(name)
    assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_channels": 5}, "base_channels must be even and positive, got 5"),
        ({"base_channels": 0}, "base_channels"),
        ({"max_disparity": 40}, "max_disparity must be a multiple of 16, got 40"),
        ({"max_disparity": 0}, "max_disparity"),
        ({"deformable_layers": (3, 5)}, r"deformable_layers must be among 1-4, got \(3, 5\)"),
        *(({"pooling_sizes": sizes}, "pooling_sizes") for sizes in ((8, 4), (8, 4, 2, 0))),
        *(({"block_counts": counts}, "block_counts") for counts in ((1, 1, 1), (1, 1, 1, 0))),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        PSMNetOptions(**options)


def test_options_default_to_the_published_network():
    assert PSMNetOptions() == PSMNet().options == build_network("psmnet").options
    assert not PSMNetOptions().align_corners


@pytest.mark.parametrize("size", [(16, 64), (32, 16), (16, 16), (1, 1)])
def test_images_below_the_smallest_size_are_refused(small_network, size):
    """The pooling branches would have nothing to pool."""
    with pytest.raises(SupError, match="need images of at least 32 px a side"):
        small_network(*[torch.zeros(1, 3, *size)] * 2)


@pytest.mark.parametrize("size", [(32, 64), (33, 64), (32, 65), (47, 79), (20, 64), (32, 17)])
def test_every_output_has_the_size_of_the_input(small_network, size):
    """Padding of the height only and of the width only; the release returns nothing for the former (Q3)."""
    random = torch.Generator().manual_seed(0)
    left, right = (torch.rand(2, 3, *size, generator=random) for _ in range(2))
    output = small_network(left, right)
    assert [tuple(d.shape) for d in (output.disparity, *output.auxiliary)] == [(2, 1, *size)] * 3
    assert small_network.predict(left, right).shape == (2, 1, *size)


def test_padding_is_at_the_top_and_the_right(small_network, images):
    """And zero after normalization (Q5): padding by hand with the mean color gives the same."""
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    views, padded = [], []
    for image in images:
        view = image[..., 3:, :-5]
        canvas = mean.expand(2, 3, 32, 64).clone()
        canvas[..., 3:, :-5] = view
        views.append(view)
        padded.append(canvas)
    expected = small_network.predict(*padded)[..., 3:, :-5]
    torch.testing.assert_close(small_network.predict(*views), expected, atol=5e-3, rtol=0)


@pytest.mark.parametrize("name", VARIANTS)
def test_prediction_equals_the_finest_output_bit_for_bit(make_small_network, images, name):
    network = make_small_network(name)
    prediction = network.predict(*images)
    assert torch.equal(prediction, network(*images).disparity)
    assert not prediction.requires_grad
    assert prediction.min() >= 0
    assert prediction.max() <= 15
    assert prediction.std() > 0.1


def test_prediction_of_a_batch_equals_that_of_its_images(small_network, images):
    together = small_network.predict(*images)
    apart = torch.cat([small_network.predict(*(view[i : i + 1] for view in images)) for i in range(2)])
    torch.testing.assert_close(together, apart, atol=5e-3, rtol=0)


@pytest.mark.parametrize("name", VARIANTS)
def test_frozen_weights_still_give_image_gradients(make_small_network, images, name):
    """Attacks need them, and freezing saves memory."""
    network = make_small_network(name)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    left, right = (image.clone().requires_grad_() for image in images)
    network.loss(network(left, right), torch.full((2, 1, 32, 64), 5.0)).backward()
    for view in (left, right):
        assert view.grad.isfinite().all()
        assert (view.grad != 0).float().mean() > 0.9


def test_built_in_evaluation_mode_and_prediction_keeps_the_mode(small_network, images):
    """Batch norm in training mode would change its statistics at every prediction."""
    assert not any(module.training for module in small_network.modules())
    small_network.train()
    small_network.predict(*images)
    assert small_network.training


@pytest.mark.parametrize("shapes", [((1, 3, 32, 64), (1, 3, 32, 32)), ((3, 32, 64),) * 2, ((1, 1, 32, 64),) * 2])
def test_views_of_wrong_shapes_are_refused(small_network, shapes):
    with pytest.raises(ValueError, match="left and right must both be N×3×H×W"):
        small_network(*(torch.zeros(shape) for shape in shapes))


def test_align_corners_changes_the_output(make_small_network, images):
    """An option that did nothing would silently keep the published behavior."""
    published, corrected = make_small_network(), make_small_network(align_corners=True)
    corrected.load_state_dict(published.state_dict())
    assert (published.predict(*images) - corrected.predict(*images)).abs().mean() > 0.01


def test_loss_weighs_the_three_maps_and_ignores_pixels_without_target(small_network, images):
    output = small_network(*images)
    target = torch.full((2, 1, 32, 64), 9.0)
    target[..., :32], target[..., 0, :] = 0, -3
    valid = target > 0
    expected = 0.0
    for weight, disparity in zip((0.5, 0.7, 1.0), (*output.auxiliary, output.disparity), strict=True):
        error = (disparity - target).abs()[valid]
        expected += weight * float(torch.where(error < 1, 0.5 * error**2, error - 0.5).mean().detach())
    assert float(small_network.loss(output, target).detach()) == pytest.approx(expected, rel=1e-5)


def test_loss_without_a_valid_pixel_is_zero_with_zero_gradient():
    """The release gives NaN (Q8)."""
    disparity = torch.ones(1, 1, 2, 2, requires_grad=True)
    target = torch.tensor([float("nan"), 0, -1, float("inf")]).view(1, 1, 2, 2)
    loss = masked_smooth_l1(disparity, target, torch.zeros(1, 1, 2, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert not disparity.grad.any()
