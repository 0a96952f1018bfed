"""Losses on disparity maps. A mask without pixels gives zero, never NaN."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def masked_smooth_l1(disparity: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean smooth-L1 (beta 1) over the pixels where ``mask`` is true.

    Args:
        disparity: N×1×H×W, pixels.
        target: N×1×H×W, pixels; may hold anything, NaN included, where the mask is false.
        mask: N×1×H×W, bool.
    """
    error = F.smooth_l1_loss(disparity, torch.where(mask, target, disparity.detach()), reduction="none")
    return error.sum() / mask.sum().clamp(min=1)


def masked_quantile(disparity: Tensor, target: Tensor, mask: Tensor, quantile: float) -> Tensor:
    """Mean quantile loss over the pixels where ``mask`` is true, least where that share of targets lies below.

    Args:
        disparity: N×1×H×W, pixels.
        target: N×1×H×W, pixels; may hold anything, NaN included, where the mask is false.
        mask: N×1×H×W, bool.
        quantile: in (0, 1).
    """
    error = torch.where(mask, target - disparity, 0)
    loss = error * (quantile - (error < 0).to(error.dtype))
    return loss.sum() / mask.sum().clamp(min=1)


def sequence_loss(disparities: Sequence[Tensor], target: Tensor, mask: Tensor) -> Tensor:
    """RAFT-Stereo's loss of all iterations (equation 7): mean absolute errors, later ones with larger weights.

    The weights fall from 1, that of the last map, by a factor that depends on their number n, 0.9^(15 / (n - 1)): the
    first of several always counts 0.9^15.

    Args:
        disparities: N×1×H×W, pixels, in the order of the iterations.
        target: N×1×H×W, pixels; may hold anything, NaN included, where the mask is false.
        mask: N×1×H×W, bool.
    """
    count = len(disparities)
    decay = 0.9 ** (15 / max(count - 1, 1))
    total = torch.zeros((), dtype=disparities[0].dtype, device=target.device)
    for number, disparity in enumerate(disparities, start=1):
        error = torch.where(mask, disparity - target, 0).abs()
        total = total + decay ** (count - number) * (error.sum() / mask.sum().clamp(min=1))
    return total
