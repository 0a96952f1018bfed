"""Networks without batch norm compute the same."""

import pytest
import torch
from torch import nn

from supcore.networks.blocks import DeformableConvolution, FrozenBatchNorm2d
from supcore.networks.folding import fold_batch_norm
from tests.unit.networks.small import SMALL, untrained

pytestmark = pytest.mark.thorough

NORMS = (nn.BatchNorm2d, nn.BatchNorm3d, FrozenBatchNorm2d)
UNUSED = {"cost_agg.conv1_up.bn"}  # of IGEV-Stereo, never applied


def trained_a_little(network):
    """Batch norm whose statistics and parameters are not those of the start."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, NORMS):
            for tensor, low, high in (
                (module.weight, 0.5, 1.5),
                (module.bias, -0.2, 0.2),
                (module.running_mean, -0.2, 0.2),
                (module.running_var, 0.5, 1.5),
            ):
                tensor.data.uniform_(low, high, generator=generator)
    return network.double()


@pytest.mark.parametrize("name", SMALL)
def test_predictions_and_gradients_stay(name):
    network = trained_a_little(untrained(name))
    views = [torch.rand(1, 3, 64, 128, dtype=torch.float64, generator=torch.Generator().manual_seed(k)) for k in (0, 1)]
    results = []
    for step in (lambda n: n, fold_batch_norm):
        left = views[0].clone().requires_grad_()
        torch.manual_seed(0)
        disparity = step(network)(left, views[1]).disparity
        results.append((disparity, *torch.autograd.grad(disparity.square().mean(), left)))
    for folded, before in zip(*reversed(results), strict=True):
        torch.testing.assert_close(folded, before, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", SMALL)
def test_no_batch_norm_is_left(name):
    """What follows no convolution in a Sequential stands in the attribute ``norms`` of its module."""
    network = fold_batch_norm(untrained(name))
    left = {path for path, module in network.named_modules() if isinstance(module, NORMS)}
    applied = {path for path in left - UNUSED if path.rpartition(".")[2] != "norm3"}  # downsample.1, by another name
    assert not applied


@pytest.mark.parametrize(
    ("layer", "norm"),
    [
        (nn.Conv2d(4, 5, 3, bias=True), nn.BatchNorm2d),
        (nn.Conv2d(4, 5, 3, bias=False), FrozenBatchNorm2d),
        (nn.Conv3d(4, 5, 3, bias=False), nn.BatchNorm3d),
        (nn.ConvTranspose2d(4, 5, 3, stride=2, bias=True), nn.BatchNorm2d),
        (nn.ConvTranspose3d(4, 5, 3, stride=2, bias=False), nn.BatchNorm3d),
        (DeformableConvolution(4, 5), nn.BatchNorm2d),
    ],
)
def test_every_kind_of_convolution_is_folded(layer, norm):
    pair = trained_a_little(nn.Sequential(layer, norm(5)).eval())
    volume = torch.rand(1, 4, *[6] * (3 if norm is nn.BatchNorm3d else 2), dtype=torch.float64)
    before = pair(volume)
    torch.testing.assert_close(fold_batch_norm(pair)(volume), before)
    assert isinstance(pair[1], nn.Identity)


def test_batch_norm_that_trains_stays():
    pair = fold_batch_norm(nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5)).train())
    assert isinstance(pair[1], nn.BatchNorm2d)
