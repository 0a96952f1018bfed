"""Weights, SUPs, and the checkpoints of unfinished work."""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from supcore.networks.checkpoints import read_state_dict
from supcore.perturbation import StereoPerturbation
from supcore.resume import load_checkpoint, save_checkpoint
from tests.fuzz.target import Target, written

JOB = {"alpha": 0.1, "size": [4, 4], "networks": [{"class": "PSMNet", "weights": "0" * 64}]}


def state_dict() -> dict:
    state = {"module.a.weight": torch.randn(4, 3), "module.a.num_batches_tracked": torch.tensor(3)}
    return {"epoch": 1, "state_dict": state, "train_loss": np.float64(0.5)}


def perturbation() -> dict:
    return {f"perturb{view}_state_dict": {"weights": torch.rand(3, 4, 4) / 100} for view in (0, 1)}


def checkpoint() -> dict:
    """Of a SUP whose optimization is unfinished."""
    tiles, history = torch.rand(2, 3, 4, 4), [{"step": 2, "loss": 0.5}]
    return {"job": JOB, "step": 2, "tiles": tiles, "history": history, "best": {"score": 0.5, "tiles": tiles}}


def resumed(path: Path) -> dict[str, Any] | None:
    return load_checkpoint(path, JOB)


def saved(content: dict, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


@cache
def zip_parts(make: Callable[[], dict]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(saved(make()))) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def pickle_of(make: Callable[[], dict]) -> Callable[[], bytes]:
    return lambda: next(content for name, content in zip_parts(make).items() if name.endswith("data.pkl"))


def around_pickle(make: Callable[[], dict]) -> Callable[[bytes], bytes]:
    def complete(mutated: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in zip_parts(make).items():
                archive.writestr(name, mutated if name.endswith("data.pkl") else content)
        return buffer.getvalue()

    return complete


def safetensors() -> bytes:
    header = {"epsilon": 0.1, "image_size": [8, 8], "train_step": 3}
    tiles = {view: torch.rand(3, 4, 4) / 100 for view in ("left", "right")}
    return save(tiles, {"supcore": json.dumps(header)})


def safetensors_header() -> bytes:
    content = safetensors()
    return content[8 : 8 + struct.unpack("<Q", content[:8])[0]]


def around_header(mutated: bytes) -> bytes:
    return struct.pack("<Q", len(mutated)) + mutated + bytes(2 * 3 * 4 * 4 * 4)


def is_state_dict(state: dict) -> bool:
    return all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items())


def is_perturbation(sup: StereoPerturbation) -> bool:
    tiles = torch.stack((sup.left, sup.right))
    return tiles.dtype == torch.float32 and bool((tiles.abs() <= sup.epsilon * (1 + 1e-6)).all())


def is_whole(state: dict[str, Any] | None) -> bool:
    """As it was saved, or of another job."""
    return state is None or bool(saved(state) == saved(_CHECKPOINT))


def is_of_the_job(state: dict[str, Any] | None) -> bool:
    return state is None or state["job"] == JOB


_CHECKPOINT = checkpoint()
_OLD_FORMAT = {"_use_new_zipfile_serialization": False}
TARGETS = {
    "weights": Target("a.tar", lambda: saved(state_dict()), read_state_dict, is_state_dict),
    "weights, old format": Target("a.tar", lambda: saved(state_dict(), **_OLD_FORMAT), read_state_dict, is_state_dict),
    "weights, pickle in an intact zip": Target(
        *("a.tar", pickle_of(state_dict), read_state_dict, is_state_dict, around_pickle(state_dict))
    ),
    "authors' SUP": Target(
        *("a.pth", pickle_of(perturbation), StereoPerturbation.load, is_perturbation, around_pickle(perturbation))
    ),
    "safetensors": Target("a.safetensors", safetensors, StereoPerturbation.load, is_perturbation),
    "safetensors, right length": Target(
        *("a.safetensors", safetensors_header, StereoPerturbation.load, is_perturbation, around_header)
    ),
    "checkpoint": Target(
        "a.pt", lambda: written(".pt", lambda path: save_checkpoint(path, _CHECKPOINT)), resumed, is_whole
    ),
    "checkpoint, pickle in an intact zip": Target(
        *("a.pt", pickle_of(checkpoint), resumed, is_of_the_job, around_pickle(checkpoint))
    ),
}
