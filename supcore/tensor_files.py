"""Reading and writing files of tensors. Nothing is ever unpickled beyond tensors and plain values."""

import json
import pickle
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from supcore.errors import SupError, shown
from supcore.files import atomic_path


class _NumberType:
    """A NumPy type as pickles spell it: ``f8``, then its byte order in the state.

    It stands in for ``numpy.dtype``, which crashes on some damaged states and makes room for whatever size they claim.
    """

    def __init__(self, name: str, *_: Any) -> None:
        if not re.fullmatch("b1|[fiu][1248]", name):
            raise ValueError(f"unknown type of numbers {name!r}")
        self.type = np.dtype(name)

    def __setstate__(self, state: Any) -> None:
        if state[1] not in ("<", ">", "|"):
            raise ValueError(f"unknown byte order {state[1]!r}")
        self.type = self.type.newbyteorder(state[1])


def _scalar(number_type: _NumberType, content: bytes | str) -> Any:
    """A NumPy scalar from its bytes, which Python 2 wrote as text."""
    return np.frombuffer(content.encode("latin-1") if isinstance(content, str) else content, number_type.type)[0]


# Loss values that training scripts saved as NumPy scalars, spelled as old and new NumPy name them.
_HARMLESS: list[Any] = [
    (_NumberType, "numpy.dtype"),
    (_scalar, "numpy.core.multiarray.scalar"),
    (_scalar, "numpy._core.multiarray.scalar"),
]
_DTYPES = {torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16}
_DTYPES |= {torch.int8, torch.uint8, torch.bool}
_KEY = "supcore"


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Write safetensors, atomically; ``metadata`` (plain values) goes into the header.

    It goes there as one entry of sorted JSON, because safetensors writes several entries in random order and equal
    content shall give equal bytes.
    """
    # One tensor may have two names, as norms of RAFT-Stereo have; safetensors wants a copy for each.
    stored = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    header = {_KEY: json.dumps(dict(metadata), sort_keys=True)}
    content = save(stored, metadata=header)  # its own writer would leave a file of its own when killed
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a safetensors file, and the metadata that :func:`write_tensors` put into it.

    Raises:
        SupError: missing or damaged file, or tensors of unusual types.
    """
    path = existing(path)
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get(_KEY, "{}"))
            if not isinstance(header, dict):
                raise ValueError("its header holds no names")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise SupError(f"{path}: damaged safetensors file ({first_line(error)}); make or fetch it again") from error
    _refuse_unusual(path, tensors)
    return tensors, header


def read_torch(path: str | Path) -> Any:
    """The content of a file that ``torch.save`` wrote, as long as it holds tensors and plain values only.

    Raises:
        SupError: missing or damaged file, one that holds other objects and could run code, tensors of unusual types, or
            tensors that take far more memory than their file. (PyTorch's own reader allows a file to ask for a
            ``bytearray`` of any length.)
    """
    path = existing(path)
    try:
        _refuse_zip_bomb(path)
        with torch.serialization.safe_globals(_HARMLESS):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except SupError:
        raise
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise SupError(
                f"{path}: refused, the file holds objects other than tensors and could run code; choose one of tensors"
            ) from error
        raise SupError(f"{path}: damaged or not a PyTorch file ({first_line(error)}); fetch it again") from error
    except Exception as error:  # damaged bytes surface as almost any exception
        raise SupError(f"{path}: damaged or not a PyTorch file ({first_line(error)}); fetch it again") from error
    _refuse_unusual(path, content)
    return content


def read_either(path: str | Path) -> Any:
    """The content of a safetensors or a PyTorch file, which are told apart by how they begin.

    Raises:
        SupError: as of :func:`read_tensors` and :func:`read_torch`.
    """
    return read_tensors(path) if is_safetensors(path) else read_torch(path)


def _refuse_zip_bomb(path: Path) -> None:
    """PyTorch writes zip files without compression, and reads compressed ones whatever they unpack to."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return
        stream.seek(max(size - 98, 0))
        if not _is_plain_zip_end(stream.read(), size):
            raise zipfile.BadZipFile("its list of content is not at its end")
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > size:
        raise SupError(f"{path}: refused, it would unpack to {unpacked} bytes; save it without compression")


def _is_plain_zip_end(end: bytes, size: int) -> bool:
    """Whether Python and PyTorch, which look for it in two ways, find the same list of members at a zip's end.

    Args:
        end: the last 98 bytes, which hold the three records that follow the list: the 64-bit one, where that is, and
            the old one.
        size: of the file.
    """
    signature, *_, length, offset, comment = struct.unpack("<4s4H2IH", end[-22:].rjust(22, b"\0"))
    if end[-42:-38] == b"PK\x06\x07":
        (place,) = struct.unpack("<Q", end[-34:-26])
        length, offset = struct.unpack("<2Q", end[40:56])
        return bool(comment == 0 and place == size - 98 == length + offset and end[:4] == b"PK\x06\x06")
    return bool(signature == b"PK\x05\x06" and comment == 0 and length + offset + 22 == size)


def _refuse_unusual(path: Path, content: Any) -> None:
    """Raise if a tensor is no plain array of numbers, or is larger than what is stored of it."""
    for tensor in _tensors(content):
        plain = tensor.dtype in _DTYPES and tensor.layout is torch.strided and tensor.device.type == "cpu"
        plain = plain and not tensor.is_nested  # which has no shape
        if not plain or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            kind = f"{tensor.dtype}, {tensor.layout}, {'nested' if tensor.is_nested else tuple(tensor.shape)}"
            raise SupError(f"{path}: refused, it holds a tensor of an unusual kind ({kind}); save plain numbers")


def _tensors(content: Any) -> Iterator[Tensor]:
    """Every tensor in nested mappings and lists, which may hold each other."""
    waiting, seen = [content], set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Tensor):
            yield value
        elif id(value) not in seen and isinstance(value, (Mapping, list, tuple)):
            seen.add(id(value))
            waiting += value.values() if isinstance(value, Mapping) else value


def is_safetensors(path: str | Path) -> bool:
    """Whether the file begins as safetensors does: the header's length in eight bytes, then the header, JSON."""
    path = existing(path)
    with path.open("rb") as stream:
        begin = stream.read(9)
    return begin[8:] == b"{" and int.from_bytes(begin[:8], "little") <= path.stat().st_size


def existing(path: str | Path) -> Path:
    """The path, if there is a file that can be opened."""
    path = Path(path)
    try:
        if path.is_file():
            path.open("rb").close()
            return path
    except OSError as error:
        raise SupError(f"{path}: cannot be opened ({error.strerror}); check the path and its permissions") from error
    raise SupError(f"{path}: file not found; check the path")


def first_line(error: Exception) -> str:
    """What an exception says, on one line of bearable length."""
    return shown(next(iter(str(error).splitlines()), type(error).__name__), 300)
