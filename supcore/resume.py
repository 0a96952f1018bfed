"""Checkpoints of unfinished work, so that a killed job goes on where it stopped."""

import hashlib
import io
import logging
import zipfile
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from supcore.errors import SupError, shown
from supcore.files import atomic_path
from supcore.tensor_files import first_line, read_torch

logger = logging.getLogger(__name__)


def save_checkpoint(path: str | Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values, atomically."""
    buffer = io.BytesIO()  # a failed write to the file itself would not be an OSError
    torch.save(state, buffer)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def network_identity(network: nn.Module) -> dict[str, Any]:
    """What a network computes with, which tells a checkpoint's job from one on another network.

    Returns:
        The name of its class, its options, the precision of its convolutions, and a hash of its weights.
    """
    digest = hashlib.sha256()
    for name, value in network.state_dict().items():
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    options = getattr(network, "options", None)
    return {
        "class": f"{type(network).__module__}.{type(network).__qualname__}",
        "options": asdict(options) if is_dataclass(options) and not isinstance(options, type) else str(options),
        "precision": getattr(network, "precision", "float32"),
        "weights": digest.hexdigest(),
    }


def load_checkpoint(path: str | Path, job: dict[str, Any]) -> dict[str, Any] | None:
    """The state stored at ``path``, or None if there is none or it belongs to a job that differs in anything.

    Args:
        path: where :func:`save_checkpoint` wrote.
        job: all that the result depends on; compared with the state's entry ``job``. What differs is logged.

    Raises:
        SupError: it is damaged, or no checkpoint.
    """
    path = Path(path)
    if not path.is_file():
        return None
    try:
        _compare_checksums(path)
        state = read_torch(path)
        stored = dict(state["job"])
    except Exception as error:  # damaged bytes surface as almost any exception
        reason = first_line(error).removeprefix(f"{path}: ")
        raise SupError(f"{path}: unreadable checkpoint ({reason}); delete it to start this job afresh") from error
    if stored == job:
        return dict(state)
    differing = sorted(shown(key) for key in {*stored, *job} if stored.get(key) != job.get(key))
    logger.warning("%s: unfinished work of a job with other %s; starting afresh", path, ", ".join(differing))
    return None


def _compare_checksums(path: Path) -> None:
    """PyTorch does not: it would go on with damaged numbers."""
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(f"its part {damaged} is damaged")
