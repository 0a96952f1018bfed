"""GwcNet at reduced width: options, sizes, loss, its authors' files, training."""

import pytest
import torch
import torch.nn.functional as F

from supcore.errors import SupError
from supcore.networks import StereoOutput, build_network, load_weights
from tests.unit.networks.small import SMALL, training_losses, untrained

NAMES = ["gwcnet_g", "gwcnet_gc"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(16, 32), (17, 41), (1, 1)])
def test_every_map_has_the_size_of_the_images(name, size):
    network = untrained(name)
    pair = torch.rand(2, 2, 3, *size, generator=torch.Generator().manual_seed(0)).unbind()
    output = network(*pair)
    assert [tuple(d.shape) for d in (output.disparity, *output.auxiliary)] == [(2, 1, *size)] * 4
    assert torch.equal(network.predict(*pair), output.disparity)
    assert output.disparity.min() >= 0
    assert output.disparity.max() <= 31


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("base_channels", 0),
        ("block_counts", (1, 1, 1)),
        ("groups", 30),
        ("groups", 0),
        ("concatenated_channels", -1),
        ("max_disparity", 24),
    ],
)
def test_errors_name_the_option(option, value):
    with pytest.raises(SupError, match=f"network gwcnet_g: {option}"):
        build_network("gwcnet_g", **{option: value})


def test_loss_weighs_the_four_maps_on_ground_truth_within_the_range():
    target = torch.tensor([[[[10.0, 0.0, -3.0], [32.0, float("nan"), 31.0]]]])
    maps = [torch.full_like(target, value) for value in (12.0, 13.0, 14.0, 15.0)]
    expected = sum(
        weight * (abs(value - 10) - 0.5 + abs(value - 31) - 0.5) / 2
        for weight, value in zip((0.5, 0.5, 0.7, 1.0), (12, 13, 14, 15), strict=True)
    )
    loss = untrained("gwcnet_g").loss(StereoOutput(maps[3], tuple(maps[:3])), target)
    assert loss.item() == pytest.approx(expected)


def test_files_of_the_authors_load(tmp_path):
    """They nest the state dict under 'model', beside the state of the optimizer."""
    network, other = untrained("gwcnet_gc"), build_network("gwcnet_gc", **SMALL["gwcnet_gc"])
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    torch.save({"epoch": 15, "model": state, "optimizer": {"state": {}}}, tmp_path / "best.ckpt")
    assert load_weights(other, tmp_path / "best.ckpt") == []
    assert all(
        torch.equal(a, b) for a, b in zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
def test_training_lowers_the_loss(name):
    network = untrained(name).train()
    wide = F.interpolate(torch.rand(2, 3, 4, 10, generator=torch.Generator().manual_seed(0)), scale_factor=8)
    left, right = wide[..., :64], wide[..., 12:76]
    target = torch.full((2, 1, 32, 64), 12.0)
    losses = training_losses(network, left, right, target, rate=5e-3, steps=6)
    assert losses[-1] < 0.8 * losses[0]
