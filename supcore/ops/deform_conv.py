"""Modulated deformable convolution (DCNv2), composed of ``grid_sample`` and a matrix product.

On a CPU this is several times faster than torchvision's operator, whose backward pass runs in one thread; on a GPU
torchvision's kernel is used.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.modules.utils import _pair

Size = int | tuple[int, int]


def backend(device: torch.device | str = "cpu") -> str:
    """Which implementation :func:`deform_conv2d` uses for tensors on ``device``."""
    return "torchvision" if torch.device(device).type == "cuda" else "torch"


def deform_conv2d(
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    mask: Tensor | None = None,
) -> Tensor:
    """Deformable convolution with the argument order of :func:`torchvision.ops.deform_conv2d`.

    Args:
        input: N×C×H×W.
        offset: N×(2·G·kh·kw)×H'×W' in pixels, interleaved (dy, dx) per kernel tap and offset group G.
        weight: outputs×(C/groups)×kh×kw.
        bias: outputs, optional.
        stride: of the output grid.
        padding: zeros added around the input; samples outside contribute 0 corner by corner.
        dilation: spacing of the kernel taps.
        mask: N×(G·kh·kw)×H'×W' factors of the samples, optional.

    Returns:
        N×outputs×H'×W'.

    Raises:
        ValueError: shapes that do not fit together.
    """
    groups = _check_shapes(input, offset, weight, mask)
    if backend(input.device) == "torchvision":
        import torchvision  # slow to import, needed on a GPU only

        return torchvision.ops.deform_conv2d(input, offset, weight, bias, stride, padding, dilation, mask)
    sampled = _sample_taps(input, offset, weight.shape[-2:], _pair(stride), _pair(padding), _pair(dilation))
    if mask is not None:
        sampled = sampled * mask.view(*sampled.shape[:2], 1, -1, *sampled.shape[-2:])
    return _contract(sampled, weight, bias, input.shape[1], groups)


def _check_shapes(input: Tensor, offset: Tensor, weight: Tensor, mask: Tensor | None) -> int:
    """Validate and return the number of weight groups."""
    channels, taps = input.shape[1], weight.shape[-2] * weight.shape[-1]
    groups = channels // weight.shape[1]
    if groups * weight.shape[1] != channels or weight.shape[0] % max(groups, 1):
        raise ValueError(f"weight {tuple(weight.shape)} does not fit an input of {channels} channels")
    offset_groups = offset.shape[1] // (2 * taps)
    if offset_groups == 0 or offset.shape[1] != 2 * taps * offset_groups or channels % offset_groups:
        raise ValueError(
            f"offset has {offset.shape[1]} channels; a multiple of 2·{taps} that divides {channels} groups is needed"
        )
    if mask is not None and (mask.shape[1] != taps * offset_groups or mask.shape[-2:] != offset.shape[-2:]):
        raise ValueError(f"mask {tuple(mask.shape)} does not fit offset {tuple(offset.shape)}")
    return groups


def _sample_taps(
    input: Tensor,
    offset: Tensor,
    kernel: torch.Size,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
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
    # grid_sample's normalised coordinates, align_corners=False: pixel p lies at (2 p + 1) / size - 1.
    y = (2 * (grid_y + offset[:, :, 0]) + 1) / height - 1
    x = (2 * (grid_x + offset[:, :, 1]) + 1) / width - 1
    grid = torch.stack((x, y), dim=-1).view(n * groups, taps * rows, columns, 2)
    features = input.reshape(n * groups, channels // groups, height, width)
    sampled = F.grid_sample(features, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return sampled.view(n, groups, channels // groups, taps, rows, columns)


def _contract(sampled: Tensor, weight: Tensor, bias: Tensor | None, channels: int, groups: int) -> Tensor:
    """Multiply the samples with the kernel and add the bias."""
    n, rows, columns = sampled.shape[0], *sampled.shape[-2:]
    outputs = weight.shape[0]
    matrix = weight.reshape(1, groups, outputs // groups, -1)
    out = (matrix @ sampled.reshape(n, groups, -1, rows * columns)).view(n, outputs, rows, columns)
    return out if bias is None else out + bias.view(1, -1, 1, 1)
