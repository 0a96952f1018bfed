"""The networks on a GPU give what they give on the CPU, where stored outputs of the release hold them."""

import pytest
import torch

from supcore.networks import NETWORKS
from tests.unit.networks.small import untrained


def outcome(network, left, right, target):
    """Disparities, loss, and the gradients of the images and of the first weights."""
    left, right = left.clone().requires_grad_(), right.clone().requires_grad_()
    generator = torch.Generator().manual_seed(0)
    output = network(left, right, **network.random_options(generator))
    loss = network.loss(output, target)
    first = next(network.parameters())
    gradients = torch.autograd.grad(loss, [left, right, first])
    return [value.detach().cpu().double() for value in (output.disparity, *output.auxiliary, loss, *gradients)]


@pytest.fixture(scope="module")
def views():
    return torch.rand(2, 1, 3, 64, 128, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_equals_the_cpu(gpu, views, name):
    """In float64, where rounding cannot hide an error of the GPU's path."""
    network = untrained(name).double().eval()
    left, right = views.double()
    target = network.predict(left, right) + 1
    expected = outcome(network, left, right, target)
    found = outcome(network.to(gpu), left.to(gpu), right.to(gpu), target.to(gpu))
    for value, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(value, wanted, rtol=0, atol=1e-8 * float(wanted.abs().max()))


@pytest.mark.parametrize("name", sorted(name for name in NETWORKS if not untrained(name).takes_generator))
def test_float32_stays_close_to_float64(gpu, views, name):
    """No TensorFloat-32 slips in: its 10 bits of mantissa move disparities a hundred times as far."""
    network = untrained(name).eval()
    left, right = (view.to(gpu) for view in views)
    single = network.to(gpu).predict(left, right).double()
    double = network.double().predict(left.double(), right.double())
    assert (single - double).abs().mean() < 1e-3


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_bfloat16_runs_forward_and_backward(gpu, views, name):
    network = untrained(name).to(gpu).eval()
    network.precision = "bfloat16"
    left, right = (view.to(gpu) for view in views)
    target = network.predict(left, right) + 1
    values = outcome(network, left, right, target)
    assert network.predict(left, right).dtype == torch.float32
    assert all(value.isfinite().all() for value in values)
