"""DeepPruner, its fast version and the deformable one against stored outputs of the authors' release."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from supcore.networks import StereoOutput, build_network
from supcore.networks.disparity_samples import (
    matching_volume,
    search_range,
    uniform_samples,
    warp_right,
    whole_samples,
)
from supcore.networks.patch_match import interval_starts, patch_match, shift_similarity
from tests.parity.golden import fill_network, ground_truth, pair

pytestmark = pytest.mark.parity

FIXTURE = Path(__file__).parent / "data" / "networks.npz"
PARAMETERS = {"deeppruner": 7_390_142, "deeppruner_fast": 7_469_646, "psmnet_deform25_patchmatch": 7_850_276}
NOISE_SEED = {"deeppruner": 4200, "deeppruner_fast": 4100, "psmnet_deform25_patchmatch": 4200}
OUTPUT_TOLERANCE = 2e-3
GRADIENT_TOLERANCE = 1e-2


@pytest.fixture(scope="module")
def modules(golden):
    with np.load(golden / "data" / "modules.npz") as arrays:
        return {name: torch.from_numpy(array) for name, array in arrays.items() if array.dtype.kind in "fi"}


@cache
def published(name):
    return fill_network(build_network(name), name).requires_grad_(False)


def noise(name, height, width):
    """The two draws of the stored forward passes, whose padding always adds a block."""
    scale = published(name).options.matching_scale
    size = [(side // (8 * scale) + 1) * 8 for side in (height, width)]
    randoms = [np.random.RandomState(NOISE_SEED[name] + i) for i in range(2)]
    draws = [r.random_sample((1, count, *size)) for r, count in zip(randoms, (12, 7), strict=True)]
    return [torch.from_numpy(draw.astype(np.float32)) for draw in draws]


def relative_error(result, expected):
    return float((result - expected).norm() / expected.norm())


def test_patch_match_on_the_whole_range(modules):
    left, right = (modules[f"pm_{side}"].clone().requires_grad_() for side in ("left", "right"))
    lowest = torch.zeros(2, 1, 10, 24)
    samples = patch_match(shift_similarity(left, right, 48), lowest, lowest + 48, modules["pm_pre_noise"])
    torch.testing.assert_close(samples, modules["pm_pre_samples"], atol=1e-4, rtol=0)
    samples.backward(modules["pm_pre_cotangent"])
    assert relative_error(left.grad, modules["pm_pre_grad_left"]) < 1e-4
    assert relative_error(right.grad, modules["pm_pre_grad_right"]) < 1e-4


@pytest.mark.parametrize("sampler", ["patch_match", "uniform"])
def test_samples_within_a_range(modules, sampler):
    lower, upper = modules["pm_post_min"], modules["pm_post_max"]
    if sampler == "uniform":
        samples, expected = uniform_samples(lower, upper, 7), modules["uniform_sampler_7"]
    else:
        similarity = shift_similarity(modules["pm_left"], modules["pm_right"], 48)
        samples, expected = patch_match(similarity, lower, upper, modules["pm_post_noise"]), modules["pm_post_samples"]
    torch.testing.assert_close(samples, expected, atol=1e-4, rtol=0)
    assert torch.equal(whole_samples(lower, samples, upper), modules[f"gds_{sampler}_7"])


@pytest.mark.parametrize(("key", "low", "high", "count"), [("12", 0, 48, 12), ("7", 3, 17, 7), ("12_fast", 0, 24, 12)])
def test_interval_starts(modules, key, low, high, count):
    low, span = torch.full((1, 1, 1, 1), float(low)), torch.full((1, 1, 1, 1), float(high - low))
    assert torch.equal(interval_starts(low, span, count).flatten(), modules[f"interval_min_{key}"])


def test_search_range(modules):
    lower, upper = search_range(modules["sr_in_min"], modules["sr_in_max"], 7, 48)
    assert torch.equal(lower, modules["sr_min"])
    assert torch.equal(upper, modules["sr_max"])


def test_matching_volume(modules):
    samples = modules["gds_patch_match_7"]
    assert torch.equal(warp_right(modules["pm_right"], samples), modules["st_warped_right"])
    volume = matching_volume(modules["pm_left"], modules["pm_right"], samples)
    assert volume.shape == (2, 65, 9, 10, 24)
    assert torch.equal(volume[:, 32:64], modules["st_warped_right"])
    assert torch.equal(volume[:, 64], modules["cost_volume_channel64"])


@pytest.mark.parametrize(("name", "key", "first"), [("deeppruner", "best", 1), ("deeppruner_fast", "fast", 0)])
def test_loss(modules, name, key, first):
    finest, *others = (modules[f"loss_out_{k}"] for k in range(first, 5))
    loss = published(name).loss(StereoOutput(finest, tuple(others)), modules["loss_gt"])
    torch.testing.assert_close(loss, modules[f"loss_dp_{key}"], rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_names_and_shapes(golden, name):
    entries = json.loads((golden / "keys" / f"{name}.json").read_text())["entries"]
    expected = {key: tuple(shape) for key, shape, _ in entries}
    assert {key: tuple(value.shape) for key, value in published(name).state_dict().items()} == expected


@pytest.mark.parametrize("name", PARAMETERS)
def test_published_network(name):
    """Outputs, loss and image gradients of the committed subset."""
    network = published(name)
    assert sum(parameter.numel() for parameter in network.parameters()) == PARAMETERS[name]
    images = [image.requires_grad_() for image in pair(256, 272, 1)]
    output = network(*images, noise=noise(name, 256, 272))
    loss = network.loss(output, ground_truth(256, 272, 7))
    gradients = torch.autograd.grad(loss, images)
    with np.load(FIXTURE) as arrays:
        stored = {key: torch.from_numpy(arrays[f"{name}/{key}"]) for key in _keys(arrays, name)}
    for k, disparity in enumerate((output.disparity, *output.auxiliary)):
        torch.testing.assert_close(disparity[..., 1::4, 2::4], stored[f"out_{k}"], atol=OUTPUT_TOLERANCE, rtol=0)
    torch.testing.assert_close(loss.detach(), stored["loss"], rtol=1e-5, atol=0)
    for i, gradient in enumerate(gradients):
        assert relative_error(gradient[..., 1::8, 2::8], stored[f"grad{i}"]) < GRADIENT_TOLERANCE


@pytest.mark.parametrize("name", PARAMETERS)
def test_published_network_on_odd_sizes(golden, name):
    with np.load(golden / "data" / f"{name}_248x264.npz") as arrays:
        expected = torch.from_numpy(arrays["out_0"])
    disparity = published(name).predict(*pair(248, 264, 2), noise=noise(name, 248, 264))
    torch.testing.assert_close(disparity, expected, atol=OUTPUT_TOLERANCE, rtol=0)


def _keys(arrays, name):
    return [key.removeprefix(f"{name}/") for key in arrays if key.startswith(f"{name}/")]
