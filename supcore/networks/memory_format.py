"""In which order a processor holds images N×C×H×W and volumes N×C×D×H×W."""

import torch
from torch import Tensor

CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}  # by the number of dimensions


def memory_format(tensor: Tensor, dimensions: int | None = None) -> torch.memory_format:
    """Channels last if the tensor, of 4 or 5 dimensions, has them last, else contiguous; for tensors of so many."""
    last = tensor.is_contiguous(memory_format=CHANNELS_LAST[tensor.dim()])
    return CHANNELS_LAST[dimensions or tensor.dim()] if last else torch.contiguous_format
