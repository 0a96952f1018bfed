"""The first convolution on a concatenation volume, without the volume.

The volume repeats the left features for every disparity d and shifts the right ones by d columns, so that a 3×3×3
convolution of it does the same sums over and over. Away from its faces, the part of the right features depends on
x - d alone, and that of the left ones on x and on how many taps of the kernel lie within the defined part, which
x - d <= 2 decides: five 3×3 convolutions of the left features and one 3×5 convolution of the right ones hold every
value. The first and the last disparity and the last column, where taps are missing, are convolved on their own.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.cost_volume import shifted
from supcore.networks.memory_format import memory_format

_OFFSETS = range(-2, 3)  # of the column against the disparity, and of a kernel's column against its depth


def concatenation_convolution(left: Tensor, right: Tensor, disparities: int, layer: nn.Conv3d) -> Tensor:
    """``layer(concatenation_volume(left, right, disparities))``, up to rounding.

    Args:
        left: N×C×H×W features, at least two columns.
        right: the same shape.
        disparities: D, at least 2.
        layer: a 3×3×3 convolution of 2C channels, stride 1, padding 1.

    Returns:
        N×outputs×D×H×W.
    """
    left_weight, right_weight = layer.weight.chunk(2, dim=1)
    within, along = (mask.to(left.dtype) for mask in _taps(left.device))
    left_kernels = _ordered(torch.einsum("ocdhw,edw->eochw", left_weight, within).flatten(0, 1), layer)
    right_kernel = _ordered(torch.einsum("ocdhw,edw->oche", right_weight, along), layer)
    lefts = F.conv2d(left, left_kernels, padding=1).unflatten(1, (len(_OFFSETS), -1))
    rights = F.conv2d(F.pad(right, (4, 2)), right_kernel, padding=(1, 0))
    result: Tensor = _Volume.apply(lefts, rights, *_faces(left, right, disparities, layer))
    return result if layer.bias is None else result.add_(layer.bias.view(-1, 1, 1, 1))


def _taps(device: torch.device) -> tuple[Tensor, Tensor]:
    """Which of a kernel's 3 depths × 3 columns lie within the volume at each offset, and which on its diagonal."""
    column = torch.arange(3, device=device)
    depth, offsets = column.view(3, 1), (torch.arange(len(_OFFSETS), device=device) - 2).view(-1, 1, 1)
    return depth - column <= offsets, column - depth == offsets


def _ordered(kernels: Tensor, layer: nn.Conv3d) -> Tensor:
    """Kernels of 2-D convolutions in the memory format of the layer's; results take it on."""
    return kernels.contiguous(memory_format=memory_format(layer.weight, 4))


def _faces(left: Tensor, right: Tensor, disparities: int, layer: nn.Conv3d) -> tuple[Tensor, Tensor, Tensor]:
    """Results at the first and the last disparity, N×outputs×H×W, and in the last column, N×outputs×D×H."""
    views, weight = shifted(right, disparities), layer.weight
    column = torch.arange(left.shape[-1], device=left.device)

    def part(disparity: int, columns: slice) -> Tensor:
        defined = (column >= disparity)[columns].to(left)
        return torch.cat((left[..., columns] * defined, views[disparity][..., columns]), dim=1)

    front, back = (
        F.conv2d(
            torch.stack([part(d, slice(None)) for d in pair], 2).flatten(1, 2),
            _ordered(taps.flatten(1, 2), layer),
            padding=1,
        )
        for pair, taps in (((0, 1), weight[:, :, 1:]), ((disparities - 2, disparities - 1), weight[:, :, :2]))
    )
    sides = torch.stack([part(d, slice(-2, None)) for d in range(disparities)], 2)  # N×2C×D×H×2
    side_taps = _ordered(weight[..., :2].movedim(-1, 2).flatten(1, 2), layer)
    return front, back, F.conv2d(sides.movedim(-1, 2).flatten(1, 2), side_taps, padding=1)


class _Volume(torch.autograd.Function):
    """The volume N×C×D×H×W of results.

    Inside its faces it holds, at disparity d and column x with d - 2 <= x, ``rights[x - d]``, which begins at -2, plus
    ``lefts[min(x - d, 2)][x]``.
    """

    @staticmethod
    def forward(lefts: Tensor, rights: Tensor, front: Tensor, back: Tensor, side: Tensor) -> Tensor:
        """Of N×5×C×H×W, N×C×H×(W+2) and the faces."""
        height, width = front.shape[-2:]
        order = memory_format(front, 5)
        sizes = (*front.shape[:2], side.shape[2], height, width)
        volume = torch.empty(sizes, dtype=front.dtype, device=front.device, memory_format=order).zero_()
        inside = volume[:, :, 1:-1, :, :-1]
        for level, here, source in _rows(inside):
            inside[:, :, level, :, here] = rights[..., source]
            inside[:, :, level, :, level + 3 :] += lefts[:, -1, ..., level + 3 : -1]
        for offset, diagonal, columns in _diagonals(inside):
            diagonal += lefts[:, offset + 2, ..., columns]
        volume[:, :, 0], volume[:, :, -1], volume[..., -1] = front, back, side
        return volume

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.layouts = [(parts.shape, parts.stride()) for parts in inputs[:2]]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        lefts, rights = (grad.new_empty_strided(*layout).zero_() for layout in ctx.layouts)
        inside = grad[:, :, 1:-1, :, :-1]
        for level, here, source in _rows(inside):
            rights[..., source] += inside[:, :, level, :, here]
            lefts[:, -1, ..., level + 3 : -1] += inside[:, :, level, :, level + 3 :]
        for offset, diagonal, columns in _diagonals(inside):
            lefts[:, offset + 2, ..., columns] = diagonal
        ends = [grad[:, :, depth].clone() for depth in (0, -1)]
        for end in ends:
            end[..., -1] = 0  # the corner is the side's
        return lefts, rights, *ends, grad[..., -1]


def _rows(inside: Tensor) -> list[tuple[int, slice, slice]]:
    """Of every disparity inside the faces, its place, its defined columns, and where the right part's values lie."""
    depths, width = inside.shape[2], inside.shape[-1]
    firsts = [max(0, level - 1) for level in range(depths)]
    return [(k, slice(x, None), slice(x + 1 - k, width + 1 - k)) for k, x in enumerate(firsts) if x < width]


def _diagonals(inside: Tensor) -> list[tuple[int, Tensor, slice]]:
    """Of the four offsets next to the undefined part, the diagonal, N×C×H×length, and the columns that it crosses."""
    found = []
    for offset in _OFFSETS[:-1]:
        diagonal = inside.diagonal(offset + 1, 2, 4)
        first = max(0, offset + 1)
        found.append((offset, diagonal, slice(first, first + diagonal.shape[-1])))
    return found
