"""Losses on disparity maps. A mask without pixels gives zero, never NaN."""

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
