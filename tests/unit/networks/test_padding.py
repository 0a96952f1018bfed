"""Padding to what a network needs, the release's extra block, and cropping both off."""

import pytest
import torch

from supcore.networks import build_network
from supcore.networks.base import IMAGENET_MEAN, IMAGENET_STD
from tests.unit.networks.small import SMALL

NAMES = ["deeppruner", "deeppruner_fast"]


@pytest.fixture
def sizes():
    """Of the images that reach the network behind the padding."""
    return []


@pytest.fixture
def first_channel(monkeypatch, sizes):
    """Makes networks whose disparity is the red channel."""

    def make(name, extra):
        def estimate(left, right, finest_only):
            sizes.append(tuple(left.shape[-2:]))
            return [left[:, :1]]

        network = build_network(name, **SMALL[name], extra_padding_block=extra)
        monkeypatch.setattr(network, "estimate", estimate)
        return network

    return make


@pytest.mark.parametrize("extra", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_crop_undoes_every_padding(name, extra, first_channel, sizes):
    network = first_channel(name, extra)
    unit = network.padding_unit
    for side in range(1, 2 * unit + 2):
        left, right = torch.rand(2, 1, 3, side, 2 * unit + 2 - side, generator=torch.Generator().manual_seed(0))
        expected = (left[:, :1] - IMAGENET_MEAN[0]) / IMAGENET_STD[0]
        for disparity in (network.predict(left, right), network(left, right, extra_block=False).disparity):
            torch.testing.assert_close(disparity, expected)
    assert not any(side % unit for size in sizes for side in size)


@pytest.mark.parametrize(("name", "side", "padded"), [("deeppruner", 64, 96), ("aanet", 72, 84), ("psmnet", 64, 64)])
def test_the_extra_block_can_be_left_out(name, side, padded, monkeypatch, sizes):
    """Of crops in a training, which would have zeros in all statistics of batch-norm."""
    network = build_network(name, **SMALL[name])
    whole = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))

    def estimate(left, right, finest_only):
        sizes.append(left.shape[-1])
        return [left[:, :1]]

    monkeypatch.setattr(network, "estimate", estimate)
    network(whole, whole)
    network.predict(whole, whole)
    network(whole, whole, extra_block=False)
    network(whole[..., 1:], whole[..., 1:], extra_block=False)
    assert sizes == [padded, padded, side, side]
