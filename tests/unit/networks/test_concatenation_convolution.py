"""The first convolution without the volume gives what it gives on the volume."""

import pytest
import torch
from torch import nn

from supcore.networks.concatenation_convolution import concatenation_convolution
from supcore.networks.cost_volume import concatenation_volume


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("batch", "width", "disparities"), [(2, 9, 5), (1, 4, 8), (1, 12, 2), (1, 7, 3), (1, 2, 4)])
def test_values_and_gradients_are_those_of_the_volume(batch, width, disparities, bias):
    torch.manual_seed(0)
    layer = nn.Conv3d(6, 4, 3, padding=1, bias=bias).double()
    views = torch.randn(2, batch, 3, 5, width, dtype=torch.float64)
    cotangent = torch.randn(batch, 4, disparities, 5, width, dtype=torch.float64)
    results = []
    for convolve in (
        lambda left, right: concatenation_convolution(left, right, disparities, layer),
        lambda left, right: layer(concatenation_volume(left, right, disparities)),
    ):
        leaves = [view.clone().requires_grad_() for view in views]
        result = convolve(*leaves)
        results.append((result, *torch.autograd.grad(result, [*leaves, *layer.parameters()], cotangent)))
    for ours, direct in zip(*results, strict=True):
        torch.testing.assert_close(ours, direct)


def test_frozen_weights_ask_for_no_gradient():
    layer = nn.Conv3d(6, 4, 3, padding=1).requires_grad_(False)
    assert not concatenation_convolution(*torch.randn(2, 1, 3, 5, 9), 4, layer).requires_grad
