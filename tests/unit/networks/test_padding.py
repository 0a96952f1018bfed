"""Normalization, padding to what a network needs, the release's extra block, and cropping both off."""

import pytest
import torch

from supcore.networks import NETWORKS, StereoNetwork, build_network
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


class Watching(StereoNetwork):
    """Its disparity is the red channel of what reaches it, which it keeps; it wants values from -1 to 1."""

    image_mean = image_std = (0.5, 0.5, 0.5)
    padding_unit = 8

    def estimate(self, left, right, *, finest_only):
        self.seen = left
        return [left[:, :1], left[:, :1, ::2, ::2]]

    def loss(self, output, target):
        return output.disparity.mean()


@pytest.mark.parametrize("mode", ["zeros", "replicate"])
@pytest.mark.parametrize(
    ("side", "first", "padded"), [("top right", (0, 5), (0, 3, 5, 0)), ("centered", (1, 2), (1, 2, 2, 3))]
)
def test_what_a_network_states_about_its_images_is_done(mode, side, first, padded, monkeypatch):
    """11 rows and 13 columns, 5 and 3 of padding; the odd ones are right and below where it is centered."""
    monkeypatch.setattr(Watching, "padding_mode", mode)
    monkeypatch.setattr(Watching, "padding_side", side)
    network = Watching()
    image = torch.rand(1, 3, 11, 13, generator=torch.Generator().manual_seed(0))
    output = network(image, image)
    scaled = 2 * image - 1
    pad = torch.nn.ZeroPad2d(padded) if mode == "zeros" else torch.nn.ReplicationPad2d(padded)
    torch.testing.assert_close(network.seen, pad(scaled))
    torch.testing.assert_close(output.disparity, scaled[:, :1])
    column, row = (round(f / 2) for f in first)
    coarse = network.seen[:, :1, ::2, ::2]
    torch.testing.assert_close(output.auxiliary[0], coarse[..., row : row + 6, column : column + 6])


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_network_states_its_family_and_year(name):
    with torch.device("meta"):
        network = build_network(name)
    assert network.family in ("volume", "PatchMatch", "correlation", "iterative", "matching")
    assert 2016 <= network.year <= 2023
