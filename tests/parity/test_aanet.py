"""AANet and AANet+ against stored outputs of the authors' release: small functions, then the whole networks."""

from functools import cache

import pytest
import torch

from supcore.networks import build_network
from supcore.networks.aanet_aggregation import correlation_volume
from supcore.networks.aanet_refinement import warp_right
from supcore.networks.base import StereoOutput
from supcore.networks.regression import expected_disparity
from tests.parity.golden import fill_network, ground_truth, pair, relative_error, tensors

pytestmark = pytest.mark.parity

OUTPUT_TOLERANCE = 2e-3  # two correct implementations differ by 5e-4
GRADIENT_TOLERANCE = 1e-2


@pytest.fixture(scope="module")
def modules(golden):
    return tensors(golden / "modules.npz")


def test_correlation_volume(modules):
    volume = correlation_volume(modules["pm_left"], modules["pm_right"], 8)
    torch.testing.assert_close(volume, modules["corr_cost_volume_d8"], atol=1e-5, rtol=0)


def test_expected_disparity(modules):
    disparity = expected_disparity(modules["de_cost"])
    torch.testing.assert_close(disparity.squeeze(1), modules["de_disp"], atol=1e-5, rtol=0)


@pytest.mark.parametrize("align_corners", [False, True])
def test_warp(modules, align_corners):
    warped = warp_right(modules["warp_img"], modules["warp_disp"], align_corners=align_corners)
    torch.testing.assert_close(warped, modules[f"warp_out_align{align_corners}"], atol=1e-5, rtol=0)


def test_loss(modules):
    maps = [modules[f"loss_out_{k}"] for k in range(3)]
    loss = build_network("aanet").loss(StereoOutput(maps[2], (maps[0], maps[1])), modules["loss_gt"])
    torch.testing.assert_close(loss, modules["loss_aanet"], rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    ("name", "file", "case", "size", "seeds"),
    [
        ("aanet", "networks", "aanet", (64, 128), (1, 7)),
        ("aanet", "networks_other", "aanet_64x128_align_corners", (64, 128), (1, 7)),
        ("aanet", "networks_other", "aanet_72x136", (72, 136), (2, 8)),
        ("aanet_plus", "networks", "aanet_plus", (64, 160), (1, 7)),
        ("aanet_plus", "networks_other", "aanet_plus_64x160_align_corners", (64, 160), (1, 7)),
        ("aanet_plus", "networks_other", "aanet_plus_72x164", (72, 164), (2, 8)),
    ],
)
def test_published_network(golden, name, file, case, size, seeds):
    """Outputs, loss and image gradients; the finest map and the gradients are stored in part."""
    expected = tensors(golden / f"{file}.npz", f"{case}/")
    network = build_network(name, align_corners=case.endswith("align_corners")).requires_grad_(False)
    network.load_state_dict(stored_weights(name))
    images = [image.requires_grad_() for image in pair(*size, seeds[0])]
    output = network(*images)
    loss = network.loss(output, ground_truth(*size, seeds[1]))
    loss.backward()
    for k, disparity in enumerate((*output.auxiliary, output.disparity[..., 1::2, 0::2])):
        rows, columns = expected[f"out_{k}"].shape[-2:]
        # The release cuts too many rows off the top and columns off the right of its coarser maps.
        common = disparity.detach()[..., disparity.shape[-2] - rows :, :columns]
        torch.testing.assert_close(common, expected[f"out_{k}"], atol=OUTPUT_TOLERANCE, rtol=0)
    torch.testing.assert_close(loss.detach(), expected["loss"], rtol=1e-5, atol=0)
    for k, image in enumerate(images):
        assert relative_error(image.grad[..., 1::4, 2::4], expected[f"grad{k}"]) < GRADIENT_TOLERANCE
    torch.testing.assert_close(network.predict(*images), output.disparity, atol=1e-5, rtol=0)


@cache
def stored_weights(name):
    return fill_network(build_network(name), name).state_dict()
