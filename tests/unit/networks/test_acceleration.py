"""What makes a network fast changes what it computes by rounding only, and leaves those of others alone."""

import copy

import pytest
import torch
from torch import nn

from supcore.networks.acceleration import accelerate, channels_last
from tests.unit.networks.small import SMALL, untrained

pytestmark = pytest.mark.thorough

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def is_channels_last(weight):
    return weight.is_contiguous(memory_format=torch.channels_last if weight.dim() == 4 else torch.channels_last_3d)


def results(network, views):
    """The disparity map, and the gradient of its mean."""
    left, right = (view.to(next(network.parameters()).dtype).requires_grad_() for view in views)
    torch.manual_seed(0)
    disparity = network(left, right).disparity
    return torch.stack([disparity[:, 0], torch.autograd.grad(disparity.mean(), left)[0].mean(1)]).double().detach()


@pytest.mark.parametrize("name", SMALL)
def test_predictions_and_gradients_stay(name):
    """In float64 to the last digits; in float32, where rounding can change a gradient, predictions as near to that."""
    views = [torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(k)) for k in (0, 1)]
    network = untrained(name)
    exact = results(copy.deepcopy(network).double(), views)
    double = channels_last(copy.deepcopy(network).double())
    torch.testing.assert_close(results(double, views), exact, rtol=1e-6, atol=1e-8)
    before, after = (
        results(version, views)[0] - exact[0] for version in (network, channels_last(copy.deepcopy(network)))
    )
    assert after.norm() <= 10 * before.norm()


@pytest.mark.parametrize("name", SMALL)
def test_all_convolutions_run_with_channels_last(name):
    convolutions = [m for m in accelerate(untrained(name)).modules() if isinstance(m, CONVOLUTIONS)]
    assert convolutions
    assert all(is_channels_last(m.weight) for m in convolutions)


def test_networks_of_others_stay():
    network = untrained("psmnet")
    network.architecture = "their_module:TheirNetwork"
    before = [type(module) for module in network.modules()]
    weights = [m.weight for m in accelerate(network).modules() if isinstance(m, nn.Conv3d)]
    assert [type(module) for module in network.modules()] == before
    assert not any(is_channels_last(weight) for weight in weights)
