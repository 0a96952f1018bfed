"""3-D convolutions give what PyTorch's give, and never by its slow kernels where there is a way round them."""

import pytest
import torch
from torch import nn
from torch.autograd.profiler import profile

from supcore.networks.convolution_3d import Convolution3d, TransposedConvolution3d, is_slow, worth_turning

CASES = {
    "plain": (Convolution3d, nn.Conv3d, {"padding": 1, "bias": False}),
    "strides": (Convolution3d, nn.Conv3d, {"stride": (1, 2, 3), "padding": (1, 0, 2)}),
    "doubling": (
        TransposedConvolution3d,
        nn.ConvTranspose3d,
        {"stride": 2, "padding": 1, "output_padding": 1, "bias": False},
    ),
    "strides back": (
        TransposedConvolution3d,
        nn.ConvTranspose3d,
        {"stride": (1, 2, 2), "padding": 1, "output_padding": (0, 1, 1)},
    ),
}
TURNED = (1, 32, 3, 16, 80)  # slow as it is, fast when turned
DOUBLED = (1, 32, 3, 16, 24)  # slow in both ways, fast as two volumes


def made(case):
    ours, theirs, options = CASES[case]
    torch.manual_seed(0)
    layer = ours(32, 5, 3, **options)
    reference = theirs(32, 5, 3, **options)
    reference.load_state_dict(layer.state_dict())
    return layer, reference


@pytest.mark.parametrize("shape", [TURNED, DOUBLED])
@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_pytorchs(case, shape):
    volume = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    assert is_slow(volume)
    assert worth_turning(volume) == (shape == TURNED)
    results = []
    for layer in made(case):
        leaf = volume.clone().requires_grad_()
        result = layer(leaf)
        cotangent = torch.cos(torch.arange(result.numel(), dtype=torch.float32)).view_as(result)
        results.append((result, *torch.autograd.grad(result, [leaf, *layer.parameters()], cotangent)))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4 * float(theirs.detach().abs().max()))


@pytest.mark.parametrize("shape", [TURNED, DOUBLED])
@pytest.mark.parametrize("case", ["plain", "doubling"])
def test_slow_kernels_are_avoided(case, shape):
    """If this fails with a new PyTorch, look at its rule again: the module may no longer be needed."""
    slow = []
    for layer in made(case):
        with profile() as recorded:
            layer(torch.rand(shape))
        slow.append(any("slow_conv" in event.name for event in recorded.function_events))
    assert slow == [False, True]


@pytest.mark.parametrize(
    "volume",
    [
        torch.zeros(2, *TURNED[1:]),  # PyTorch asks oneDNN for every batch
        torch.zeros(1, 32, 41, 16, 80),  # large enough as it is
        torch.zeros(TURNED, dtype=torch.float64),
    ],
    ids=["batch", "large", "float64"],
)
def test_others_stay_as_they_are(volume):
    assert not is_slow(volume)
