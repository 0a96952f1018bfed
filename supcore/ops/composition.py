"""Modulated deformable convolution composed of ``grid_sample`` and a matrix product: what runs without a compiler."""

import torch
import torch.nn.functional as F
from torch import Tensor

from supcore.ops.precision import full_precision

Pair = tuple[int, int]


def deform_conv2d(
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    mask: Tensor | None,
) -> Tensor:
    """Deformable convolution of checked arguments of one dtype; see :func:`supcore.ops.deform_conv2d`."""
    with full_precision(input):
        sampled = _sample_taps(input, offset, weight.shape[-2:], stride, padding, dilation)
        if mask is not None:
            n, groups, _, taps, rows, columns = sampled.shape
            sampled = sampled * mask.reshape(n, groups, 1, taps, rows, columns)
        return _contract(sampled, weight, bias, input.shape[1])


def _sample_taps(
    input: Tensor, offset: Tensor, kernel: torch.Size, stride: Pair, padding: Pair, dilation: Pair
) -> Tensor:
    """Bilinear samples at every tap: N×G×(C/G)×taps×H'×W'."""
    n, channels, height, width = input.shape
    taps = kernel[0] * kernel[1]
    groups = offset.shape[1] // (2 * taps)
    rows, columns = offset.shape[-2:]

    def positions(count: int, step: int, first: int = 0) -> Tensor:
        return torch.arange(count, device=input.device, dtype=input.dtype) * step - first

    tap_y = positions(kernel[0], dilation[0], padding[0]).repeat_interleave(kernel[1])
    tap_x = positions(kernel[1], dilation[1], padding[1]).repeat(kernel[0])
    grid_y = tap_y.view(-1, 1, 1) + positions(rows, stride[0]).view(1, -1, 1)
    grid_x = tap_x.view(-1, 1, 1) + positions(columns, stride[1]).view(1, 1, -1)
    offset = offset.reshape(n * groups, taps, 2, rows, columns)
    # grid_sample's normalized coordinates, align_corners=False: pixel p lies at (2 p + 1) / size - 1.
    y = (2 * (grid_y + offset[:, :, 0]) + 1) / height - 1
    x = (2 * (grid_x + offset[:, :, 1]) + 1) / width - 1
    grid = torch.stack((x, y), dim=-1).view(n * groups, taps * rows, columns, 2)
    features = input.reshape(n * groups, channels // groups, height, width)
    sampled = F.grid_sample(features, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return sampled.view(n, groups, channels // groups, taps, rows, columns)


def _contract(sampled: Tensor, weight: Tensor, bias: Tensor | None, channels: int) -> Tensor:
    """Multiply the samples with the kernel and add the bias."""
    n, taps, rows, columns = sampled.shape[0], *sampled.shape[-3:]
    outputs, group_channels = weight.shape[:2]
    groups = channels // group_channels
    matrix = weight.reshape(1, groups, outputs // groups, group_channels * taps)
    samples = sampled.reshape(n, groups, group_channels * taps, rows * columns)
    out = (matrix @ samples).view(n, outputs, rows, columns)
    return out if bias is None else out + bias.view(1, -1, 1, 1)
