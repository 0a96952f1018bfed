"""Our CUDA kernels against torchvision's on the same GPU."""

import pytest
import torch
import torchvision

from supcore.ops import deform_conv2d, extension
from tests.unit.ops.deform_case import Case, run
from tests.unit.ops.test_deform_conv import GRID, ODD


@pytest.fixture
def convolve(gpu, monkeypatch):
    """Our kernels, which must not be replaced silently."""
    missing = extension.missing_tool("cuda")
    if missing:
        pytest.skip(f"our CUDA kernels are not compiled: {missing}")
    monkeypatch.setenv("SUPCORE_DEFORM_BACKEND", "cuda")
    return deform_conv2d


def on(device, arguments):
    return [a.detach().to(device).requires_grad_() if isinstance(a, torch.Tensor) else a for a in arguments]


@pytest.mark.parametrize("case", GRID + ODD, ids=str)
def test_equals_torchvision(convolve, gpu, case):
    arguments = on(gpu, case.draw())
    wanted = run(torchvision.ops.deform_conv2d, arguments)
    for found, expected in zip(run(convolve, arguments), wanted, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12 * float(expected.abs().max()))


@pytest.mark.parametrize("channels", [32, 64, 128])
def test_feature_maps_of_full_size_images(convolve, gpu, channels):
    """PSMNet's layers at 256×640 in float32; in the mean, since the gradient of an offset jumps at whole pixels."""
    case = Case(1, 2, 1, 2, 2, batch=1, channels=channels, outputs=channels, size=(64, 160))
    wanted = run(torchvision.ops.deform_conv2d, on(gpu, case.draw(torch.float64)))
    for found, expected in zip(run(convolve, on(gpu, case.draw(torch.float32))), wanted, strict=True):
        assert (found - expected).abs().mean() < 5e-5 * expected.abs().mean()


def test_deterministic_algorithms_give_equal_bytes(convolve, gpu, deterministic):
    case = Case(1, 2, channels=32, outputs=32, size=(40, 60))
    arguments = on(gpu, case.draw(torch.float32))
    first = run(convolve, arguments)
    for _ in range(5):
        assert all(torch.equal(a, b) for a, b in zip(run(convolve, arguments), first, strict=True))


def test_is_gradcheck_clean(convolve, gpu, deterministic):
    assert torch.autograd.gradcheck(convolve, on(gpu, Case(2, 2, 2, size=(5, 4), outputs=2).draw()))


def test_bfloat16_autocast_reaches_the_kernels(convolve, gpu):
    case = Case(channels=32, offset_groups=2, outputs=16, size=(24, 40))
    arguments = on(gpu, case.draw(torch.float32))
    full = convolve(*arguments)
    with torch.autocast("cuda", torch.bfloat16):
        half = convolve(*arguments)
    assert (half.float() - full).abs().max() < 0.03 * full.abs().max()
