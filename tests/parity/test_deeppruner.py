"""DeepPruner, its fast version and the deformable one against stored outputs of the authors' release.

The networks are discontinuous: they truncate the disparities that PatchMatch finds to whole columns, and where one of
these lies near a whole number, rounding decides; it differs from processor to processor, and one sample more or less
moves the map by up to a tenth of a pixel. So the searches are compared sample by sample from equal inputs, and the
rest of the network is compared given the release's samples, where it is continuous and the tolerance can be small.
"""

from functools import cache

import numpy as np
import pytest
import torch

from supcore.networks import StereoOutput, build_network
from supcore.networks.deeppruner import DeepPruner
from supcore.networks.disparity_samples import (
    matching_volume,
    search_range,
    uniform_samples,
    warp_right,
    whole_samples,
)
from supcore.networks.patch_match import interval_starts, patch_match, shift_similarity
from tests.parity.golden import fill_network, ground_truth, pair, relative_error, tensors

pytestmark = pytest.mark.parity

NOISE_SEED = {"deeppruner": 4200, "deeppruner_fast": 4100, "psmnet_deform25_patchmatch": 4200}
TOLERANCE = {"atol": 1e-3, "rtol": 0}  # of outputs given the samples; two correct implementations differ by 1e-4


@pytest.fixture(scope="module")
def modules(golden):
    return tensors(golden / "modules.npz")


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


@pytest.fixture
def give_samples(golden, monkeypatch):
    """Makes both searches return the release's samples; the share of those they would have chosen otherwise."""
    search = DeepPruner._search

    def give(name, height, width):
        stored = tensors(golden / "samples.npz", f"{name}_{height}x{width}_")
        given = iter((stored["first"].long(), stored["second"].long()))
        shares = []

        def compare(self, *arguments):
            samples = next(given)
            shares.append(float((search(self, *arguments) != samples).float().mean()))
            return samples

        monkeypatch.setattr(DeepPruner, "_search", compare)
        return shares

    return give


def test_patch_match_on_the_whole_range(modules):
    left, right = (modules[f"pm_{side}"].clone().requires_grad_() for side in ("left", "right"))
    lowest = torch.zeros(2, 1, 10, 24)
    samples = patch_match(shift_similarity(left, right, 48), lowest, lowest + 48, modules["pm_pre_noise"])
    torch.testing.assert_close(samples, modules["pm_pre_samples"], atol=1e-4, rtol=0)
    samples.backward(modules["pm_pre_cotangent"])
    assert relative_error(left.grad[:, ::4], modules["pm_pre_grad_left"]) < 1e-4
    assert relative_error(right.grad[:, ::4], modules["pm_pre_grad_right"]) < 1e-4


def test_patch_match_within_a_range(modules):
    similarity = shift_similarity(modules["pm_left"], modules["pm_right"], 48)
    samples = patch_match(similarity, modules["pm_post_min"], modules["pm_post_max"], modules["pm_post_noise"])
    torch.testing.assert_close(samples, modules["pm_post_samples"], atol=1e-4, rtol=0)


def test_uniform_samples(modules):
    samples = uniform_samples(modules["pm_post_min"], modules["pm_post_max"], 7)
    torch.testing.assert_close(samples, modules["uniform_sampler_7"], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("samples", "whole"), [("pm_post_samples", "gds_patch_match_7"), ("uniform_sampler_7", "gds_uniform_7")]
)
def test_whole_samples(modules, samples, whole):
    found = whole_samples(modules["pm_post_min"], modules[samples], modules["pm_post_max"])
    assert torch.equal(found, modules[whole].long())


@pytest.mark.parametrize(("key", "low", "high", "count"), [("12", 0, 48, 12), ("7", 3, 17, 7), ("12_fast", 0, 24, 12)])
def test_interval_starts(modules, key, low, high, count):
    low, span = torch.full((1, 1, 1, 1), float(low)), torch.full((1, 1, 1, 1), float(high - low))
    assert torch.equal(interval_starts(low, span, count).flatten(), modules[f"interval_min_{key}"])


def test_search_range(modules):
    lower, upper = search_range(modules["sr_in_min"], modules["sr_in_max"], 7, 48)
    assert torch.equal(lower, modules["sr_min"])
    assert torch.equal(upper, modules["sr_max"])


def test_matching_volume(modules):
    """Every fourth channel of the warped features is stored."""
    samples = modules["gds_patch_match_7"].long()
    volume = matching_volume(modules["pm_left"], modules["pm_right"], samples)
    assert volume.shape == (2, 65, 9, 10, 24)
    assert torch.equal(volume[:, 32:64], warp_right(modules["pm_right"], samples))
    assert torch.equal(volume[:, 32:64:4], modules["st_warped_right"])
    assert torch.equal(volume[:, 64], modules["cost_volume_channel64"])


@pytest.mark.parametrize(("name", "key", "first"), [("deeppruner", "best", 1), ("deeppruner_fast", "fast", 0)])
def test_loss(modules, name, key, first):
    finest, *others = (modules[f"loss_out_{k}"] for k in range(first, 5))
    loss = published(name).loss(StereoOutput(finest, tuple(others)), modules["loss_gt"])
    torch.testing.assert_close(loss, modules[f"loss_dp_{key}"], rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", NOISE_SEED)
def test_published_network_given_the_samples(golden, give_samples, name):
    """Each search chooses the release's samples, and from those follow its outputs, loss and image gradients."""
    shares = give_samples(name, 256, 272)
    network = published(name)
    images = [image.requires_grad_() for image in pair(256, 272, 1)]
    output = network(*images, noise=noise(name, 256, 272))
    loss = network.loss(output, ground_truth(256, 272, 7))
    gradients = torch.autograd.grad(loss, images)
    assert max(shares) < 1e-3
    stored = tensors(golden / "networks.npz", f"{name}/")
    for k, disparity in enumerate((output.disparity, *output.auxiliary)):
        torch.testing.assert_close(disparity[..., 1::4, 2::4], stored[f"out_{k}"], **TOLERANCE)
    torch.testing.assert_close(loss.detach(), stored["loss"], rtol=1e-5, atol=0)
    for i, gradient in enumerate(gradients):
        assert relative_error(gradient[..., 1::8, 2::8], stored[f"grad{i}"]) < 1e-2


@pytest.mark.parametrize("name", NOISE_SEED)
def test_prediction_at_an_odd_size_given_the_samples(golden, give_samples, name):
    shares = give_samples(name, 248, 264)
    disparity = published(name).predict(*pair(248, 264, 2), noise=noise(name, 248, 264))
    assert max(shares) < 1e-3
    expected = tensors(golden / "networks_other.npz")[f"{name}_248x264"]
    torch.testing.assert_close(disparity[..., 1::4, 2::4], expected, **TOLERANCE)


@pytest.mark.parametrize("name", ["deeppruner", "deeppruner_fast"])
def test_prediction_at_an_odd_size(golden, name):
    """The whole network with its own samples, of which a few may differ; wrong samplers are off by half a pixel."""
    disparity = published(name).predict(*pair(248, 264, 2), noise=noise(name, 248, 264))
    expected = tensors(golden / "networks_other.npz")[f"{name}_248x264"]
    error = (disparity[..., 1::4, 2::4] - expected).abs()
    assert error.median() < 0.02
    assert error.quantile(0.9) < 0.1
    assert (error < 0.3).float().mean() > 0.99
