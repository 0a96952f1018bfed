"""Reading and writing network weights. Nothing is ever unpickled beyond tensors and plain values."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

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


def save_weights(network: nn.Module, path: str | Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write parameters and buffers as safetensors, atomically; ``metadata`` goes into the file's header."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata=dict(metadata or {}))


def load_weights(network: nn.Module, path: str | Path) -> list[str]:
    """Load weights into ``network``: our safetensors or the authors' ``.tar`` / ``.pth``.

    The ``module.`` prefix of their files is dropped. Names and shapes must match exactly, except entries that the
    network declares optional (``optional_weights``).

    Returns:
        The names in the file that the network does not have and declared optional.

    Raises:
        SupError: unreadable file, not a state dict, or weights of another network.
    """
    found = read_state_dict(path)
    expected = network.state_dict()
    optional = tuple(getattr(network, "optional_weights", ()))
    ignored = [name for name in found if name not in expected and optional and name.startswith(optional)]
    # Files from before PyTorch 0.4.1 lack the batch counters, which play no role in evaluation.
    missing = [n for n in expected if n not in found and not n.endswith("num_batches_tracked")]
    unexpected = [n for n in found if n not in expected and n not in ignored]
    reshaped = [n for n in expected if n in found and found[n].shape != expected[n].shape]
    for problem, names in (
        ("missing", missing),
        ("unexpected", unexpected),
        ("differently shaped", reshaped),
    ):
        if names:
            raise SupError(
                f"{path}: weights of another network or other options: {len(names)} {problem} entries, "
                f"e.g. {names[0]}; check the network's name and options"
            )
    network.load_state_dict({n: found.get(n, expected[n]) for n in expected})
    return ignored


def read_state_dict(path: str | Path) -> dict[str, Tensor]:
    """Read a state dict without the ``module.`` prefix.

    Raises:
        SupError: the file is missing, damaged, or holds something else than a state dict.
    """
    path = Path(path)
    if not path.is_file():
        raise SupError(f"{path}: weights file not found")
    try:
        content: Any = load_file(path) if path.suffix == ".safetensors" else _load_torch(path)
    except SafetensorError as error:
        raise SupError(f"{path}: damaged safetensors file ({error}); fetch or train it again") from error
    if isinstance(content, Mapping) and "state_dict" in content:
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content or not all(isinstance(v, Tensor) for v in content.values()):
        raise SupError(f"{path}: holds no state dict (a mapping of names to tensors); is it a weights file?")
    return {str(name).removeprefix("module."): value for name, value in content.items()}


def _load_torch(path: Path) -> Any:
    try:
        with torch.serialization.safe_globals(_HARMLESS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise SupError(f"{path}: refused, the file holds objects other than tensors and could run code") from error
    except (
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        KeyError,
        AssertionError,
        UnicodeDecodeError,
    ) as error:
        raise SupError(f"{path}: damaged or not a PyTorch weights file ({str(error).splitlines()[0]})") from error
