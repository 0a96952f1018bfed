"""From similarities to disparities, in full precision whatever the convolutions before it run in.

Under ``torch.autocast`` a disparity in bfloat16 would have steps of a quarter to a whole pixel.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from supcore.ops.precision import full_precision


def at_least_float32(tensor: Tensor) -> Tensor:
    """The tensor, with half-precision values widened to float32."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def expected_disparity(logits: Tensor) -> Tensor:
    """Mean of the disparities 0 … D - 1 under the softmax of N×D×H×W logits (larger is better): N×1×H×W."""
    with full_precision(logits):
        logits = at_least_float32(logits)
        candidates = torch.arange(logits.shape[1], device=logits.device, dtype=logits.dtype)
        return torch.einsum("ndhw,d->nhw", F.softmax(logits, dim=1), candidates).unsqueeze(1)


def expected_sample(logits: Tensor, samples: Tensor) -> Tensor:
    """Mean of N×S×H×W samples under the softmax of their logits, the same shape: N×1×H×W."""
    with full_precision(logits):
        return (F.softmax(at_least_float32(logits), dim=1) * samples).sum(dim=1, keepdim=True)
