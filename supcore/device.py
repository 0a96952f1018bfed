"""Choosing the device and the number of threads."""

import torch

from supcore.errors import SupError


def prepare_device(name: str, threads: int) -> torch.device:
    """Set PyTorch's threads and return the device.

    Args:
        name: ``cpu`` or ``cuda``.
        threads: CPU threads of this process; part of what fixes the results bit by bit.
    """
    if name not in ("cpu", "cuda"):
        raise SupError(f"device must be 'cpu' or 'cuda', got {name!r}")
    torch.set_num_threads(threads)
    if name == "cuda" and not torch.cuda.is_available():
        raise SupError("config key device: 'cuda' asked for, but PyTorch sees no GPU; use 'cpu'")
    return torch.device(name)
