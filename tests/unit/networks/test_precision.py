"""Convolutions in bfloat16: how far disparities and gradients may move, and what stays in float32."""

import pytest
import torch

from supcore.data.dataset import load_pair, to_unit_range
from supcore.data.manifest import StereoSample
from supcore.data.synthetic import write_scenes
from supcore.metrics import d1_error
from supcore.networks import load_pretrained
from tests.unit.networks.small import untrained


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Left, right and true disparity of four street scenes, 64×128."""
    rows = write_scenes(tmp_path_factory.mktemp("scenes"), "driving", count=4, image_size=(64, 128), seed=5)
    pairs = [load_pair(StereoSample(**row)) for row in rows]
    left, right = (torch.stack([to_unit_range(getattr(p, view)) for p in pairs]) for view in ("left", "right"))
    return left, right, torch.stack([p.disparity for p in pairs])


@pytest.mark.parametrize("name", ["psmnet", "psmnet_deform25", "aanet", "raft_stereo"])
def test_trained_networks_stay_within_a_twentieth_of_a_pixel(scenes, name):
    """The stated tolerance: 0.05 px in the mean, 0.1 points of D1. Measured: 0.01 px, 0.01 points."""
    left, right, truth = scenes
    network = load_pretrained(name, "demo")
    full = network.predict(left, right)
    network.precision = "bfloat16"
    half = network.predict(left, right)
    assert half.dtype == torch.float32
    assert 0 < (half - full).abs().mean() < 0.05
    assert (d1_error(half, truth) - d1_error(full, truth)).abs().mean() < 0.1


@pytest.mark.parametrize(
    "name",
    [
        "psmnet_deform25",
        "deeppruner",
        "deeppruner_fast",
        "aanet",
        "aanet_plus",
        "gwcnet_gc",
        "raft_stereo",
        "igev_stereo",
    ],
)
def test_disparities_are_not_rounded_to_bfloat16(name):
    """A map computed in bfloat16 holds few distinct values: steps of 1/8 px from 16 px on."""
    network = untrained(name)
    network.precision = "bfloat16"
    left, right = torch.rand(2, 1, 3, 64, 128, generator=torch.Generator().manual_seed(0))
    output = network(left, right)
    for disparity in (output.disparity, *output.auxiliary):
        assert disparity.dtype == torch.float32
        assert disparity.isfinite().all()
    positive = output.disparity[output.disparity > 0]
    assert len(positive) > output.disparity.numel() / 4
    assert (positive != positive.to(torch.bfloat16).to(torch.float32)).float().mean() > 0.5


@pytest.mark.parametrize("name", ["psmnet", "psmnet_deform25"])
def test_image_gradients_keep_their_direction(scenes, name):
    """What an attack follows: cosine above 0.95 with the float32 gradient (measured 0.994)."""
    left, right, truth = scenes
    network = load_pretrained(name, "demo").requires_grad_(False)
    gradients = []
    for precision in ("float32", "bfloat16"):
        network.precision = precision
        image = left.clone().requires_grad_()
        network.loss(network(image, right), truth).backward()
        gradients.append(image.grad.flatten())
    assert torch.cosine_similarity(*gradients, dim=0) > 0.95


def test_float32_leaves_a_caller_s_own_autocast_alone():
    network = untrained("psmnet")
    left, right = torch.rand(2, 1, 3, 64, 128, generator=torch.Generator().manual_seed(0))
    plain = network.predict(left, right)
    with torch.autocast("cpu", torch.bfloat16):
        assert not torch.equal(network.predict(left, right), plain)
