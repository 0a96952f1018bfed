"""Choosing the device, and what decides the last digits of its results."""

import os

import torch

from supcore.errors import SupError
from supcore.gpu_slots import VISIBLE, claim_gpus


def prepare_device(name: str, threads: int, gpus: int = 1, *, deterministic: bool = False) -> torch.device:
    """Fix the arithmetic, claim GPUs if they are to be used, and return the device.

    Args:
        name: ``cpu`` or ``cuda``.
        threads: CPU threads of this process.
        gpus: number of GPUs that this process and those it starts need, see :func:`supcore.gpu_slots.claim_gpus`.
        deterministic: see :func:`fix_arithmetic`.
    """
    if name not in ("cpu", "cuda"):
        raise SupError(f"device must be 'cpu' or 'cuda', got {name!r}")
    fix_arithmetic(threads, deterministic=deterministic)
    # Where somebody chose the cards, PyTorch is not asked: its count can start CUDA, which fixes what is visible.
    if name == "cuda" and (VISIBLE in os.environ or torch.cuda.device_count()):
        claim_gpus(gpus)
    if name == "cuda" and not torch.cuda.is_available():
        raise SupError("config key device: 'cuda' asked for, but PyTorch sees no GPU; use 'cpu'")
    return torch.device(name)


def fix_arithmetic(threads: int, *, deterministic: bool = False) -> None:
    """Set what fixes results bit by bit, as far as PyTorch can; before anything touches CUDA.

    Args:
        threads: CPU threads of this process.
        deterministic: add up in a fixed order on a GPU, too, which takes longer. PyTorch warns of operations for which
            it knows none.
    """
    torch.set_num_threads(threads)
    # PyTorch's default rounds the inputs of float32 convolutions to TensorFloat-32's 10 bits of mantissa.
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
