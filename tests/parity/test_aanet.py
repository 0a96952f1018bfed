"""AANet and AANet+ against stored outputs of the authors' release: small functions, then the whole networks."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from supcore.networks import build_network
from supcore.networks.aanet_aggregation import correlation_volume
from supcore.networks.aanet_refinement import warp_right
from supcore.networks.base import StereoOutput
from supcore.networks.blocks import DeformableConvolution
from supcore.networks.regression import expected_disparity
from tests.parity.golden import fill_network, ground_truth, pair

pytestmark = pytest.mark.parity

FIXTURE = Path(__file__).parent / "data" / "networks.npz"
# The full set of stored outputs is too large to commit.
FULL_SET = Path(__file__).parents[3] / "shared" / "golden"

# Height, width, seed of the image pair, seed of the ground truth.
SIZES = {
    "aanet": ((64, 128, 1, 7), (72, 136, 2, 8)),
    "aanet_plus": ((64, 160, 1, 7), (72, 164, 2, 8)),
}
OUTPUT_TOLERANCE = 3e-3
GRADIENT_TOLERANCE = 1e-2


def stored(relative):
    path = FULL_SET / relative
    if not path.is_file():
        pytest.skip(f"the full set of stored outputs is not there: {path}")
    return path


@pytest.fixture(scope="module")
def modules():
    with np.load(stored("data/modules.npz")) as arrays:
        return {name: torch.from_numpy(array) for name, array in arrays.items() if array.dtype == np.float32}


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


@pytest.mark.parametrize(("case", "stride", "dilation"), [(0, 1, 2), (1, 2, 2), (2, 1, 1)])
def test_deformable_convolution(modules, case, stride, dilation):
    layer = DeformableConvolution(8, 6, stride, dilation)
    prefix = f"deform{case}_"
    layer.load_state_dict({name: modules[f"{prefix}param_{name}"] for name in layer.state_dict()})
    features = modules[f"{prefix}x"].clone().requires_grad_()
    result = layer(features)
    torch.testing.assert_close(result, modules[f"{prefix}y"], atol=1e-5, rtol=1e-5)
    result.backward(modules[f"{prefix}cotangent"])
    torch.testing.assert_close(features.grad, modules[f"{prefix}grad_x"], atol=1e-4, rtol=1e-4)
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(parameter.grad, modules[f"{prefix}gradparam_{name}"], atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize(("name", "count"), [("aanet", 3_931_676), ("aanet_plus", 8_442_850)])
def test_parameter_counts(name, count):
    assert sum(p.numel() for p in build_network(name).parameters()) == count


@pytest.mark.parametrize("name", SIZES)
def test_state_dict_entries(name):
    listed = json.loads(stored(f"keys/{name}.json").read_text())["entries"]
    found = {key: list(value.shape) for key, value in build_network(name).state_dict().items()}
    assert found == {key: shape for key, shape, _ in listed}


@pytest.mark.parametrize("name", SIZES)
def test_committed_outputs(name):
    with np.load(FIXTURE) as arrays:
        expected = {key: torch.from_numpy(arrays[f"{name}/{key}"]) for key in _keys("grad0", "grad1")}
    found = run_published(name, *SIZES[name][0], align_corners=False)
    found["out_2"] = found["out_2"][..., 1::2, 0::2]
    for key in ("grad0", "grad1"):
        found[key] = found[key][..., 1::4, 2::4]
    compare(found, expected)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize(("name", "index"), [(name, index) for name in SIZES for index in (0, 1)])
def test_full_outputs(name, index, align_corners):
    height, width, *seeds = SIZES[name][index]
    suffix = "_gstrue" if align_corners else ""
    with np.load(stored(f"data/{name}_{height}x{width}{suffix}.npz")) as arrays:
        expected = {
            key: torch.from_numpy(arrays[original])
            for key, original in zip(_keys("grad0", "grad1"), _keys("grad_image0", "grad_image1"), strict=True)
        }
    compare(run_published(name, height, width, *seeds, align_corners=align_corners), expected)


def _keys(*gradients):
    return ("out_0", "out_1", "out_2", "loss", *gradients)


@cache
def stored_weights(name):
    return fill_network(build_network(name), name).state_dict()


def run_published(name, height, width, pair_seed, target_seed, *, align_corners):
    """Maps in the release's order, loss and gradients on the images, of the network with the stored weights."""
    network = build_network(name, align_corners=align_corners).requires_grad_(False)
    network.load_state_dict(stored_weights(name))
    images = [image.requires_grad_() for image in pair(height, width, pair_seed)]
    output = network(*images)
    loss = network.loss(output, ground_truth(height, width, target_seed))
    loss.backward()
    torch.testing.assert_close(network.predict(*images), output.disparity, atol=1e-5, rtol=0)
    maps = {f"out_{k}": d.detach() for k, d in enumerate((*output.auxiliary, output.disparity))}
    return {**maps, "loss": loss.detach(), "grad0": images[0].grad, "grad1": images[1].grad}


def compare(found, expected):
    for key in ("out_0", "out_1", "out_2"):
        rows, columns = expected[key].shape[-2:]
        # The release cuts too many rows off the top and columns off the right of its coarser maps.
        common = found[key][..., found[key].shape[-2] - rows :, :columns]
        torch.testing.assert_close(common, expected[key], atol=OUTPUT_TOLERANCE, rtol=0)
    torch.testing.assert_close(found["loss"], expected["loss"], rtol=1e-5, atol=0)
    for key in ("grad0", "grad1"):
        relative = (found[key] - expected[key]).norm() / expected[key].norm()
        assert relative < GRADIENT_TOLERANCE, key
