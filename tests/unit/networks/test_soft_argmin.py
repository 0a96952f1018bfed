"""Disparities from a coarse volume equal those of the enlarged one, gradients included."""

import pytest
import torch
import torch.nn.functional as F

from supcore.networks import soft_argmin as module
from supcore.networks.regression import expected_disparity
from supcore.networks.soft_argmin import soft_argmin

SIZES = [((5, 3, 4), (20, 12, 16)), ((4, 5, 3), (16, 17, 11)), ((3, 6, 5), (7, 4, 3)), ((6, 1, 1), (24, 4, 4))]


def enlarged(logits, size, align_corners):
    full = F.interpolate(logits, size, mode="trilinear", align_corners=align_corners)
    return expected_disparity(full.squeeze(1))


def with_gradient(function, logits, *arguments, **options):
    logits = logits.clone().requires_grad_()
    disparity = function(logits, *arguments, **options)
    weights = torch.linspace(-1, 2, disparity.numel(), dtype=disparity.dtype).view_as(disparity)
    (gradient,) = torch.autograd.grad((disparity * weights).sum(), logits)
    return disparity, gradient


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize(("coarse", "size"), SIZES)
@pytest.mark.parametrize("block", [1, 300, 1 << 18])
def test_it_is_the_softmax_of_the_enlarged_volume(coarse, size, align_corners, block, monkeypatch):
    monkeypatch.setitem(module._BLOCK, "cpu", block)
    logits = 4 * torch.randn(2, 1, *coarse, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours = with_gradient(soft_argmin, logits, size, align_corners=align_corners)
    theirs = with_gradient(enlarged, logits, size, align_corners)
    for result, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(result, expected, rtol=1e-10, atol=1e-12)


def test_derivatives_agree_with_finite_differences():
    logits = torch.randn(1, 1, 3, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: soft_argmin(x, (12, 8, 12), align_corners=False), logits)


@pytest.mark.parametrize("height", [1000.0, -1000.0])
def test_large_logits_neither_overflow_nor_vanish(height):
    logits = torch.zeros(1, 1, 4, 2, 2)
    logits[:, :, 2] = height
    disparity, gradient = with_gradient(soft_argmin, logits, (16, 8, 8), align_corners=True)
    assert disparity.isfinite().all()
    assert gradient.isfinite().all()
    torch.testing.assert_close(disparity, enlarged(logits, (16, 8, 8), True))


def test_half_precision_logits_give_float32_disparities():
    logits = torch.randn(1, 1, 4, 2, 2, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        disparity = soft_argmin(logits, (16, 8, 8), align_corners=False)
    assert disparity.dtype == torch.float32
    torch.testing.assert_close(disparity, enlarged(logits.float(), (16, 8, 8), False))
