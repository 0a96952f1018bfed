"""What is known of a SUP or of weights, from the file's header and from the provenance that a workflow left by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supcore.errors import SupError
from supcore.files import read_json, sha256
from supcore.perturbation import StereoPerturbation
from supcore.sup_names import epsilon_text, size_text
from supcore.tensor_files import is_safetensors, read_tensors

Facts = dict[str, str]
# Options of an attack that stand elsewhere on the card, or change no result.
_ASIDE = ("steps", "step_rule", "target", "checkpoint_every", "snapshot_steps")


@dataclass(frozen=True)
class SharedFile:
    """A file that a card is about.

    Attributes:
        path: of the file.
        kind: ``sup`` or ``weights``.
        name: by which the tables of a workflow know it: the source of a SUP, the network of weights.
        facts: what is known, in words.
        cell: size, epsilon and seed of a SUP, as in tables; the seed is None where it is not known.
    """

    path: Path
    kind: str
    name: str
    facts: Facts
    cell: tuple[str, float, int | None] = field(default=("", 0.0, None))


def read_shared_file(path: str | Path) -> SharedFile:
    """Read a SUP (safetensors, or the authors' ``.pth``) or weights (safetensors).

    Provenance is used if it is that of this very file, by its hash.

    Raises:
        SupError: the file is missing, damaged, or neither.
    """
    path = Path(path)
    header: dict[str, Any] = {}
    if is_safetensors(path):
        tensors, header = read_tensors(path)
        if {"left", "right"} != tensors.keys():
            if "architecture" not in header:
                raise SupError(
                    f"{path}: neither a SUP nor weights whose header names their network; choose one of them"
                )
            return _weights(path, header, sum(tensor.numel() for tensor in tensors.values()))
    return _sup(path, header)


def _sup(path: Path, header: Mapping[str, Any]) -> SharedFile:
    sup, made = StereoPerturbation.load(path), _provenance(path)
    params, wildcards = made.get("params", {}), made.get("wildcards", {})
    attack = params.get("attack", {})
    inputs = made.get("inputs", {})
    attacked = [str(network.get("architecture")) for network in params.get("networks", [])]
    attacked = attacked or [str(header.get("network", header.get("source", "")))]
    seed = wildcards.get("seed", header.get("seed"))
    facts = {
        "Attacked networks": ", ".join(filter(None, attacked)),
        "Their weights": str(header.get("weights", "")),
        "Files of the weights": _hashed(inputs, "weights["),
        "Optimized on": _split(inputs) or (f"{header['pairs']} pairs of images" if "pairs" in header else ""),
        "Leads to": _words(header.get("target")),
        "Size": f"tiles of {sup.size[0]}×{sup.size[1]} px, for images of {sup.image_size[0]}×{sup.image_size[1]}",
        "Epsilon": f"{epsilon_text(sup.epsilon)} ({255 * sup.epsilon:.1f} of 255 gray levels)",
        "Steps": "" if sup.train_step is None else str(sup.train_step),
        "Step rule": str(attack.get("step_rule", header.get("step_rule", ""))),
        "Options of the steps": _words(attack or {"alpha": header.get("alpha")}, aside=_ASIDE),
        "Seed": "" if seed is None else str(seed),
        **_origin(made, path),
    }
    cell = size_text(sup.size, sup.image_size), sup.epsilon, int(seed) if str(seed).isdigit() else None
    return SharedFile(path, "sup", str(header.get("source", header.get("network", ""))), _known(facts), cell)


def _weights(path: Path, header: Mapping[str, Any], numbers: int) -> SharedFile:
    made = _provenance(path)
    params = made.get("params", {})
    facts = {
        "Network": str(header["architecture"]),
        "Options": _words(header.get("options")),
        "Parameters and buffers": f"{numbers:,}",
        "Trained by": str(made.get("recipe", "")),
        "Recipe": _words(params.get("training")),
        "Seed": str(params.get("seed", made.get("seed", ""))),
        **_origin(made, path),
    }
    name = made.get("wildcards", {}).get("network", header["architecture"])
    return SharedFile(path, "weights", str(name), _known(facts))


def _provenance(path: Path) -> dict[str, Any]:
    """Settings, inputs and versions of the JSON beside a file; nothing if that is of another file."""
    try:
        content = read_json(path.with_suffix(".json"))
        hashes = [artifact.get("sha256") for artifact in content["artifacts"].values()]
        if sha256(path) in hashes:
            rest = {name: content.get(name) or {} for name in ("inputs", "versions", "device")}
            return {**content["settings"], **rest, "git_commit": content.get("git_commit")}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    return {}


def _origin(made: Mapping[str, Any], path: Path) -> Facts:
    versions, device = made.get("versions", {}), made.get("device", {})
    return {
        "Mode": str(made.get("mode", "")),
        "Made with": ", ".join(f"{name} {versions[name]}" for name in ("supcore", "torch") if versions.get(name)),
        "Commit": str(made.get("git_commit") or ""),
        "Computed on": str(device.get("gpu") or device.get("type") or ""),
        "SHA-256 of the file": sha256(path),
    }


def _split(inputs: Mapping[str, Mapping[str, str]]) -> str:
    """Data set and split by the manifest, ``…/manifests/<dataset>/<split>.csv``."""
    manifest = Path(inputs.get("training_manifest", {}).get("path", ""))
    return f"data set {manifest.parent.name}, split {manifest.stem}" if manifest.name else ""


def _hashed(inputs: Mapping[str, Mapping[str, str]], begin: str) -> str:
    files = [file for name, file in inputs.items() if name.startswith(begin)]
    return ", ".join(f"{Path(file['path']).name} (SHA-256 {file.get('sha256', 'unknown')[:12]}…)" for file in files)


def _words(values: Any, aside: Sequence[str] = ()) -> str:
    """A mapping as ``name value, …``, without what is empty."""
    values = values if isinstance(values, Mapping) else {}
    return ", ".join(f"{n} {v}" for n, v in values.items() if n not in aside and v not in (None, [], {}))


def _known(facts: Facts) -> Facts:
    """Those that are not empty, each on one line; a header may hold anything."""
    return {name: " ".join(text.split()) for name, text in facts.items() if text}
