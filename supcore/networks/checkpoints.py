"""Reading and writing network weights."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from supcore.errors import SupError, shown
from supcore.tensor_files import is_safetensors, read_tensors, read_torch, write_tensors


def save_weights(network: nn.Module, path: str | Path, metadata: Mapping[str, Any] | None = None) -> None:
    """Write parameters and buffers as safetensors, atomically.

    The name and the options of a network that :func:`~supcore.networks.build_network` built stand in the file's header,
    from which :func:`~supcore.networks.load_pretrained` builds it again; ``metadata`` goes there, too.
    """
    header: dict[str, Any] = {}
    if architecture := getattr(network, "architecture", None):
        header = {"architecture": architecture, "options": asdict(network.options)}  # type: ignore[call-overload]
    write_tensors(path, network.state_dict(), {**header, **(metadata or {})})


def load_weights(network: nn.Module, path: str | Path, *, key: str | None = None, prefix: str = "") -> list[str]:
    """Load weights into ``network``: safetensors or a PyTorch file, as the authors' ``.tar`` and ``.pth``.

    The ``module.`` prefix of their files is dropped. Names and shapes must match exactly, except entries that the
    network declares optional (``optional_weights``).

    Args:
        network: to load into.
        path: of the file.
        key: the entry of a PyTorch file that holds the state dict; see :func:`read_state_dict`.
        prefix: put before every name of the file: ``"net."`` for weights of what the network holds as ``self.net``; if
            not given, the one that makes all names fit.

    Returns:
        The names in the file that the network does not have and declared optional.

    Raises:
        SupError: unreadable file, not a state dict, weights of another network, whole numbers in place of fractions,
            or values that are not finite.

    Examples:
        >>> from supcore.networks import build_network
        >>> options = {"base_channels": 4, "pooling_sizes": (8, 4, 2, 1), "max_disparity": 16}
        >>> save_weights(build_network("psmnet", **options), "small.safetensors")
        >>> load_weights(build_network("psmnet", **options), "small.safetensors")
        []
    """
    stored, expected = read_state_dict(path, key), network.state_dict()
    prefix = prefix or _fitting_prefix(stored, expected)
    found = {prefix + name: value for name, value in stored.items()}
    optional = tuple(getattr(network, "optional_weights", ()))
    ignored = [name for name in found if name not in expected and optional and name.startswith(optional)]
    problems = {
        # Files from before PyTorch 0.4.1 lack the batch counters, which play no role in evaluation.
        "missing": [n for n in expected if n not in found and not n.endswith("num_batches_tracked")],
        "unexpected": [n for n in found if n not in expected and n not in ignored],
        "differently shaped": [n for n in expected if n in found and found[n].shape != expected[n].shape],
    }
    for problem, names in problems.items():
        if names:
            raise SupError(
                f"{path}: weights of another network or other options: {len(names)} {problem} entries, "
                f"e.g. {shown(names[0])}; check the network's name and options"
            )
    _refuse_other_numbers(path, found, expected)
    network.load_state_dict({n: found.get(n, expected[n]) for n in expected})
    return ignored


def read_state_dict(path: str | Path, key: str | None = None) -> dict[str, Tensor]:
    """Read a state dict without the ``module.`` prefix; safetensors by any name are known by their content.

    Args:
        path: the file.
        key: the entry of a PyTorch file that holds the state dict; if not given, ``state_dict`` or ``model`` where
            there is one, else the file itself, or its only entry that is a state dict.

    Raises:
        SupError: the file is missing, damaged, holds something else than a state dict, or lacks the key.
    """
    if Path(path).suffix == ".safetensors" or is_safetensors(path):
        return _without_prefix(path, read_tensors(path)[0])  # empty for a network without weights
    content = read_torch(path)
    keys = ("state_dict", "model") if key is None else (key,)  # the second by GwcNet's authors
    wrapper = next((k for k in keys if isinstance(content, Mapping) and isinstance(content.get(k), Mapping)), None)
    if wrapper is not None:
        content = content[wrapper]
    elif key is not None:
        entries = ", ".join(map(shown, content)) if isinstance(content, Mapping) else "no entries"
        raise SupError(f"{path}: holds no state dict under {key!r}; it has {entries}")
    if not _is_state_dict(content):
        inner = [k for k in content if _is_state_dict(content[k])] if isinstance(content, Mapping) else []
        if len(inner) > 1:
            raise SupError(f"{path}: holds several state dicts, {', '.join(map(shown, inner))}; name one by its key")
        if not inner:
            raise SupError(f"{path}: holds no state dict (a mapping of names to tensors); is it a weights file?")
        content = content[inner[0]]
    return _without_prefix(path, content)


def _is_state_dict(content: object) -> bool:
    entries = content.items() if isinstance(content, Mapping) else ()
    return bool(entries) and all(isinstance(name, str) and isinstance(value, Tensor) for name, value in entries)


def _fitting_prefix(stored: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """What to put before the names of a wrapped network's own file, so that all are in the wrapper; else nothing."""
    if not stored or stored.keys() & expected.keys():
        return ""
    first = next(iter(stored))
    prefixes = (name.removesuffix(first) for name in expected if name.endswith(f".{first}"))
    return next((prefix for prefix in prefixes if all(prefix + name in expected for name in stored)), "")


def _without_prefix(path: str | Path, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    plain: dict[str, Tensor] = {}
    for name, value in tensors.items():
        short = name.removeprefix("module.")
        if short in plain:
            raise SupError(f"{path}: holds {shown(short)} with and without 'module.' before it; keep one of them")
        plain[short] = value
    return plain


def _refuse_other_numbers(path: str | Path, found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Raise for what would turn into something else in the network's own types, or is not finite there."""
    broken = []
    for name in expected.keys() & found.keys():
        stored, wanted = found[name].dtype, expected[name].dtype
        if stored.is_floating_point != wanted.is_floating_point:
            raise SupError(f"{path}: {name} is {stored} instead of {wanted}; save the weights in the network's types")
        if not found[name].to(wanted).isfinite().all():
            broken.append(name)
    if broken:
        raise SupError(
            f"{path}: {len(broken)} entries are not finite, e.g. {min(broken)}; fetch or train the weights again"
        )
