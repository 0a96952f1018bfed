"""Expected disparities of a coarse cost volume at the images' size, without the volume of that size.

The enlarged volume of a published network has 126 MB for one pair, and PyTorch keeps several of them for the backward
pass. Enlarging is linear along each axis, so it is three small matrix products; they are applied block by block of
rows, whose softmax stays in the cache, and computed once more in the backward pass, where the gradient of the logits
has a closed form: p (d - E). Sums have a fixed order, so nothing depends on threads, and a GPU needs no atomic
additions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from supcore.networks.regression import at_least_float32
from supcore.ops.precision import full_precision

# Elements of the enlarged volume at a time: what a processor's cache holds, and what keeps a GPU busy.
_BLOCK = {"cpu": 1 << 18}
_LARGE_BLOCK = 1 << 25
# Logits below the largest one by more do not count in any sum; where exp underflows it takes fifty times longer.
_SMALLEST = -60.0


def soft_argmin(logits: Tensor, size: tuple[int, int, int], *, align_corners: bool) -> Tensor:
    """Expected disparity under the softmax of logits that are enlarged by trilinear interpolation.

    Args:
        logits: N×1×d×h×w, larger is better.
        size: (D, H, W), number of disparities and size of the images.
        align_corners: as of :func:`torch.nn.functional.interpolate`.

    Returns:
        N×1×H×W disparities in px, from 0 to D - 1, in float32 at least.
    """
    with full_precision(logits):
        volume = at_least_float32(logits).squeeze(1)
        lengths = zip(volume.shape[1:], size, strict=True)
        matrices = [_interpolation(length, wanted, align_corners, volume) for length, wanted in lengths]
        disparity: Tensor = _SoftArgmin.apply(volume, *matrices)
        return disparity


def _interpolation(length: int, wanted: int, align_corners: bool, like: Tensor) -> Tensor:
    """Matrix, wanted×length, of linear interpolation along one axis."""
    identity = torch.eye(length, device=like.device, dtype=like.dtype).unsqueeze(0)
    return F.interpolate(identity, wanted, mode="linear", align_corners=align_corners)[0].t().contiguous()


class _SoftArgmin(torch.autograd.Function):
    @staticmethod
    def forward(volume: Tensor, depths: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Of a volume N×d×h×w and the matrices D×d, H×h and W×w."""
        wide = torch.matmul(volume, columns.t())
        moments = torch.stack((torch.ones_like(depths[:, 0]), _candidates(depths)))
        disparity = volume.new_empty(len(volume), 1, len(rows), len(columns))
        for block in _blocks(depths, rows, columns):
            mass, first_moment = torch.matmul(moments, _likelihoods(wide, depths, block)).unbind(1)
            disparity[:, 0, block.rows] = (first_moment / mass).unflatten(1, (-1, len(columns)))
        return disparity

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs, output)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        volume, depths, rows, columns, disparity = ctx.saved_tensors
        wide = torch.matmul(volume, columns.t())
        grad_wide = torch.zeros_like(wide)
        candidates = _candidates(depths).unsqueeze(1)
        for block in _blocks(depths, rows, columns):
            grad_logits = _likelihoods(wide, depths, block)
            factor = grad[:, :, block.rows].flatten(2) / grad_logits.sum(1, keepdim=True)
            grad_logits.mul_(candidates - disparity[:, :, block.rows].flatten(2)).mul_(factor)
            coarse = torch.matmul(depths.t(), grad_logits).unflatten(2, (-1, len(columns)))
            grad_wide[:, :, block.near] += torch.matmul(block.weights.t(), coarse)
        return torch.matmul(grad_wide, columns), None, None, None


def _candidates(depths: Tensor) -> Tensor:
    return torch.arange(len(depths), device=depths.device, dtype=depths.dtype)


@dataclass(frozen=True)
class _Block:
    """A run of the images' rows, and what of the coarse volume it lies between.

    Attributes:
        rows: of the images.
        near: rows of the coarse volume.
        weights: of these for those.
    """

    rows: slice
    near: slice
    weights: Tensor


def _blocks(depths: Tensor, rows: Tensor, columns: Tensor) -> Iterator[_Block]:
    count = max(1, _BLOCK.get(rows.device.type, _LARGE_BLOCK) // (len(depths) * len(columns)))
    wanted, length = rows.shape
    for first in range(0, wanted, count):
        last = min(wanted, first + count) - 1
        # Whichever way corners are aligned, row r lies within one of r · length / wanted.
        near = slice(max(0, first * length // wanted - 1), last * length // wanted + 3)
        yield _Block(slice(first, last + 1), near, rows[first : last + 1, near])


def _likelihoods(wide: Tensor, depths: Tensor, block: _Block) -> Tensor:
    """Softmax without its denominator, N×D×(rows·W), of some rows of the images; a temporary that may be changed."""
    coarse = torch.matmul(block.weights, wide[:, :, block.near]).flatten(2)
    logits = torch.matmul(depths, coarse)
    return logits.sub_(logits.amax(1, keepdim=True)).clamp_(min=_SMALLEST).exp_()
