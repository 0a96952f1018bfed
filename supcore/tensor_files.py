"""Reading and writing files of tensors. Nothing is ever unpickled beyond tensors and plain values."""

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from supcore.errors import SupError
from supcore.files import atomic_path

# Loss values that training scripts saved as NumPy scalars: harmless types, spelled as old and new NumPy name them.
_SCALAR = np.float64(0).__reduce__()[0]
_HARMLESS: list[Any] = [
    np.dtype,
    (_SCALAR, "numpy.core.multiarray.scalar"),
    (_SCALAR, "numpy._core.multiarray.scalar"),
    *(type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "int32")),
]
_KEY = "supcore"


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Write safetensors, atomically; ``metadata`` (plain values) goes into the header.

    It goes there as one entry of sorted JSON, because safetensors writes several entries in random order and equal
    content shall give equal bytes.
    """
    stored = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    header = {_KEY: json.dumps(dict(metadata), sort_keys=True)}
    with atomic_path(path) as temporary:
        save_file(stored, temporary, metadata=header)


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a safetensors file, and the metadata that :func:`write_tensors` put into it.

    Raises:
        SupError: missing or damaged file.
    """
    path = existing(path)
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get(_KEY, "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise SupError(f"{path}: damaged safetensors file ({first_line(error)}); make or fetch it again") from error


def read_torch(path: str | Path) -> Any:
    """The content of a file that ``torch.save`` wrote, as long as it holds tensors and plain values only.

    Raises:
        SupError: missing or damaged file, or one that holds other objects and could run code.
    """
    path = existing(path)
    try:
        with torch.serialization.safe_globals(_HARMLESS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise SupError(f"{path}: refused, the file holds objects other than tensors and could run code") from error
        raise SupError(f"{path}: damaged or not a PyTorch file ({first_line(error)}); fetch it again") from error
    except Exception as error:  # damaged bytes surface as almost any exception
        raise SupError(f"{path}: damaged or not a PyTorch file ({first_line(error)}); fetch it again") from error


def is_safetensors(path: str | Path) -> bool:
    """Whether the file begins as safetensors does: the header's length in eight bytes, then the header, JSON."""
    path = existing(path)
    with path.open("rb") as stream:
        begin = stream.read(9)
    return begin[8:] == b"{" and int.from_bytes(begin[:8], "little") <= path.stat().st_size


def existing(path: str | Path) -> Path:
    """The path, if there is a file."""
    path = Path(path)
    if not path.is_file():
        raise SupError(f"{path}: file not found")
    return path


def first_line(error: Exception) -> str:
    """What an exception says, on one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)
