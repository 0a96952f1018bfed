"""What decides the last digits of results, besides the machine."""

import os

import torch


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
    # Not torch.use_deterministic_algorithms, which imports PyTorch's compiler: 1.7 s of every job.
    torch.set_deterministic_debug_mode("warn" if deterministic else "default")
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
