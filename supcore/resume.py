"""Checkpoints of unfinished work, so that a killed job goes on where it stopped."""

import hashlib
import io
from pathlib import Path
from typing import Any

import torch
from torch import nn

from supcore.errors import SupError
from supcore.files import atomic_path


def save_checkpoint(path: str | Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values, atomically."""
    buffer = io.BytesIO()  # a failed write to the file itself would not be an OSError
    torch.save(state, buffer)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def fingerprint(network: nn.Module) -> str:
    """A hash of the network's weights, which tells a checkpoint's job from one on another network."""
    digest = hashlib.sha256()
    for name, value in network.state_dict().items():
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def load_checkpoint(path: str | Path, job: dict[str, Any]) -> dict[str, Any] | None:
    """The state stored at ``path``, or None if there is none or it belongs to a job with other settings.

    Args:
        path: where :func:`save_checkpoint` wrote.
        job: the settings that the state must have been made with; compared with its entry ``job``.
    """
    path = Path(path)
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise SupError(f"{path}: unreadable checkpoint ({error}); delete it to start this job afresh") from error
    return state if state.get("job") == job else None
