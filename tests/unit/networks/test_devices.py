"""Nothing in a network is tied to the CPU."""

import pytest
import torch

from supcore.networks import NETWORKS, build_network
from tests.unit.networks.small import SMALL

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_step_stays_on_the_device_of_the_images(name):
    """On PyTorch's meta device, where an operation with a tensor of the CPU fails as it would on a GPU."""
    with torch.device("meta"):
        network = build_network(name, **SMALL[name])
        left, right, target = torch.rand(1, 3, 64, 128), torch.rand(1, 3, 64, 128), torch.rand(1, 1, 64, 128)
    output = network(left.requires_grad_(), right)
    (gradient,) = torch.autograd.grad(network.loss(output, target), left)
    tensors = (output.disparity, *output.auxiliary, gradient, network.predict(left, right))
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert output.disparity.shape == (1, 1, 64, 128)


def test_the_meta_device_does_notice_a_tensor_of_the_cpu():
    """Otherwise the test above could not fail."""
    with torch.device("meta"):
        network = build_network("psmnet", **SMALL["psmnet"])
        left, right = torch.rand(1, 3, 64, 128), torch.rand(1, 3, 64, 128)
    network._mean = torch.zeros(1, 3, 1, 1)
    with pytest.raises(RuntimeError, match="device"):
        network.predict(left, right)
