"""GwcNet, RAFT-Stereo and IGEV-Stereo give their authors' outputs, losses and image gradients.

float64 is the sharp test: rounding does not hide a wrong gradient there, and no ReLU changes side.
"""

from functools import cache

import pytest
import torch

from supcore.networks import build_network
from tests.parity.golden import fill_network, ground_truth, pair, relative_error, tensors

pytestmark = pytest.mark.parity

SIZES = {"igev_stereo": (64, 160)}  # of the others: 64×128
NAMES = ["gwcnet_g", "gwcnet_gc", "raft_stereo", "raft_stereo_realtime", "raft_stereo_rvc", "igev_stereo"]


@pytest.fixture(scope="module")
def stored(golden):
    return golden / "networks_modern.npz"


@cache
def weights(name):
    return fill_network(build_network(name), name).state_dict()


def published(name, iterations):
    network = build_network(name, **({} if name.startswith("gwcnet") else {"iterations": iterations}))
    network.load_state_dict(weights(name))
    return network.requires_grad_(False)


def outcome(network, size, seeds, dtype):
    """The maps in the authors' order, finest last; the loss; the gradients of both images."""
    network.to(dtype)
    images = [view.to(dtype).requires_grad_() for view in pair(*size, seeds[0])]
    output = network(*images)
    loss = network.loss(output, ground_truth(*size, seeds[1]).to(dtype))
    loss.backward()
    maps = [disparity.detach() for disparity in (*output.auxiliary, output.disparity)]
    return maps, loss.detach(), [image.grad for image in images]


@pytest.mark.parametrize("name", NAMES)
def test_outputs_loss_and_gradients_in_float32(stored, name):
    """After four iterations; every second row and column of the maps is stored, every fourth of the gradients."""
    expected = tensors(stored, f"{name}/")
    size = SIZES.get(name, (64, 128))
    network = published(name, 4)
    maps, loss, gradients = outcome(network, size, (1, 7), torch.float32)
    tolerance = 3e-3 if name.startswith("gwcnet") else 1e-3  # correct implementations differ by 5e-4 and 2e-4
    assert len(maps) == sum(key.startswith("out_") for key in expected)
    for number, disparity in enumerate(maps):
        torch.testing.assert_close(disparity[..., 1::2, 0::2], expected[f"out_{number}"], atol=tolerance, rtol=0)
    torch.testing.assert_close(loss, expected["loss"], rtol=1e-5, atol=0)
    for number, gradient in enumerate(gradients):
        found, wanted = gradient[..., 1::4, 2::4], expected[f"grad{number}"]
        assert relative_error(found, wanted) < 2e-2
        assert torch.cosine_similarity(found.flatten(), wanted.flatten(), dim=0) > 0.9998
    torch.testing.assert_close(network.predict(*pair(*size, 1)), maps[-1], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("name", "size", "iterations"),
    [
        ("gwcnet_gc", (64, 128), None),
        ("raft_stereo", (71, 133), 4),
        ("raft_stereo", (64, 128), 12),
        ("raft_stereo_realtime", (71, 133), 12),
        ("raft_stereo_rvc", (64, 128), 4),
        ("igev_stereo", (71, 133), 4),
    ],
)
def test_disparity_loss_and_gradients_in_float64(stored, name, size, iterations):
    """Sizes with padding on all sides, and many iterations; every fourth row and column is stored."""
    case = f"{name}_{size[0]}x{size[1]}" + (f"_iters{iterations}" if iterations else "")
    expected = tensors(stored, f"{case}/")
    seeds = (1, 7) if size == (64, 128) else (2, 8)
    maps, loss, gradients = outcome(published(name, iterations), size, seeds, torch.float64)
    disparity = expected["disparity"].double()
    torch.testing.assert_close(maps[-1][..., 1::4, 2::4], disparity, atol=1e-5, rtol=0)
    torch.testing.assert_close(loss, expected["loss"], rtol=1e-9, atol=0)
    for number, gradient in enumerate(gradients):
        assert relative_error(gradient[..., 1::4, 2::4], expected[f"grad{number}"].double()) < 1e-6


@pytest.mark.parametrize("name", ["gwcnet_g", "gwcnet_gc"])
def test_gwcnet_at_a_size_that_needs_padding(stored, name):
    expected = tensors(stored)[f"{name}_72x136/disparity"]
    disparity = published(name, None).predict(*pair(72, 136, 2))
    torch.testing.assert_close(disparity[..., 1::4, 2::4], expected, atol=3e-3, rtol=0)
