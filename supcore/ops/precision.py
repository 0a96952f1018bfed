"""Switching ``torch.autocast`` off where half precision would do harm."""

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor


def full_precision(tensor: Tensor) -> Any:
    """Context in which autocast leaves the dtypes of operations on the tensor's device alone."""
    device = tensor.device.type
    return torch.autocast(device, enabled=False) if torch.amp.is_autocast_available(device) else nullcontext()
