"""Costs that iterative networks look up, and how they enlarge a disparity map (RAFT-Stereo, sections 3.2 and 3.3)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from supcore.networks.regression import at_least_float32
from supcore.ops.precision import full_precision


class CostPyramid:
    """Matching costs of every pixel along one axis, at several resolutions of it, to be read around real positions.

    Only gathered values get a gradient, through no position; the sums of its backward pass have a fixed order.

    Args:
        volume: N×H×W×C×S costs, S along the axis; at least 2 ** (levels - 1).
        levels: each halves the axis by averages of two; an odd last one is dropped.
        radius: of the window that is read.
    """

    def __init__(self, volume: Tensor, levels: int, radius: int) -> None:
        self.radius = radius
        self.reach = 2 * radius + 2
        self.volumes = []
        for level in range(levels):
            if level:
                volume = F.avg_pool1d(volume.flatten(0, 2), 2).unflatten(0, volume.shape[:3])
            # Zeros outside, wide enough for a window that lies there as a whole.
            self.volumes.append(F.pad(volume, (self.reach, self.reach)))

    def window(self, position: Tensor, level: int) -> Tensor:
        """Costs at ``position / 2 ** level`` and up to ``radius`` cells beside it, interpolated, zero outside.

        Args:
            position: N×1×H×W, in cells of the first level.
            level: of the pyramid.

        Returns:
            N×C·(2·radius + 1)×H×W.
        """
        volume = self.volumes[level]
        position = position.detach().squeeze(1).unsqueeze(-1) / 2**level
        lower = position.floor()
        first = (lower.long() - self.radius + self.reach).clamp(0, volume.shape[-1] - self.reach)
        cells = first + torch.arange(self.reach, device=first.device)
        values = volume.gather(-1, cells.unsqueeze(-2).expand(*volume.shape[:-1], -1))
        share = (position - lower).unsqueeze(-1)
        window = (1 - share) * values[..., :-1] + share * values[..., 1:]
        return window.flatten(3).movedim(-1, 1)


def all_pairs_correlation(left: Tensor, right: Tensor) -> Tensor:
    """Products of every pair of pixels in a row: N×C×H×W features to N×H×W×1×W, right pixels last."""
    with full_precision(left):
        left, right = at_least_float32(left), at_least_float32(right)
        return torch.einsum("nchl,nchr->nhlr", left, right).unsqueeze(3)


def convex_upsampling(disparity: Tensor, logits: Tensor) -> Tensor:
    """Enlarge a map, every fine pixel a convex combination of nine coarse ones.

    Args:
        disparity: N×1×h×w, in pixels of the result.
        logits: N×9×h×f×w×f; their softmax over the nine weighs the 3×3 neighbors, row by row, zero outside.

    Returns:
        N×1×f·h×f·w.
    """
    height, width = disparity.shape[-2:]
    neighbors = F.unfold(disparity, 3, padding=1).view(-1, 9, height, 1, width, 1)
    weights = F.softmax(at_least_float32(logits), dim=1)
    return (weights * neighbors).sum(dim=1).flatten(3, 4).flatten(1, 2).unsqueeze(1)
