"""One JSON beside every artifact that says how it came to be."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from supcore.files import read_json, sha256, write_json

PACKAGES = ("supcore", "torch", "torchvision", "numpy", "opencv-python-headless", "pillow", "snakemake")


def write_provenance(
    path: str | Path,
    *,
    artifacts: Mapping[str, str],
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    device: Mapping[str, Any] | None,
    seconds: float,
) -> None:
    """Write the provenance of one job's artifacts.

    Args:
        path: the JSON file.
        artifacts: name to path of what the job made; hashed.
        inputs: name to path of what it read; hashed, folders are only named.
        settings: configuration, wildcards, parameters and seed.
        device: what the job computed on; None for a job that runs no network.
        seconds: duration of the job.
    """
    content = {
        **_what_decides(artifacts, inputs),
        "settings": settings,
        **({"device": device} if device else {}),
        "git_commit": git_commit(),
        "seconds": round(seconds, 2),
    }
    write_json(path, content)


def is_made(
    path: str | Path, *, artifacts: Mapping[str, str], inputs: Mapping[str, str], settings: Mapping[str, Any]
) -> bool:
    """Whether a job with these settings has made the artifacts from the inputs as they are, with the same packages.

    Args:
        path: where it would have written its provenance.
        artifacts: as for :func:`write_provenance`, and so the others.
        inputs: what it would have read.
        settings: what it would have been told; it may have added more.
    """
    try:
        stored = read_json(path)
        wanted = {**stored, **_what_decides(artifacts, inputs), "settings": {**stored["settings"], **settings}}
    except (OSError, ValueError, TypeError, KeyError):
        return False
    return bool(json.loads(json.dumps(wanted, default=str)) == stored) and all(map(os.path.exists, artifacts.values()))


def _what_decides(artifacts: Mapping[str, str], inputs: Mapping[str, str]) -> dict[str, Any]:
    return {
        "artifacts": _hashes(artifacts),
        "inputs": _hashes(inputs),
        "machine": platform.machine(),
        "versions": {"python": platform.python_version(), **versions(PACKAGES)},
    }


def operator_backends(artifacts: Iterable[str | Path]) -> dict[str, list[str]]:
    """Which implementation of the deformable convolution the artifacts were made with, by the JSON beside each.

    Returns:
        The artifacts of each implementation; ``unknown`` is that of artifacts whose JSON is missing or names none.
    """
    backends: dict[str, list[str]] = {}
    for artifact in artifacts:
        path = Path(artifact).with_suffix(".json")
        try:
            content = read_json(path)
            name = str(content["device"]["deform_conv_backend"])
        except (OSError, ValueError, TypeError, KeyError):
            name = "unknown"
        backends.setdefault(name, []).append(str(artifact))
    return backends


def mixed_backends(backends: Mapping[str, list[str]]) -> str | None:
    """One line that warns of artifacts of different implementations; None if there is only one.

    Args:
        backends: as :func:`operator_backends` returns them.
    """
    if len(backends) < 2:
        return None
    parts = [f"{name} ({len(made)}, e.g. {made[0]})" for name, made in sorted(backends.items())]
    return f"records made with different deformable convolutions: {', '.join(parts)}; delete those of all but one"


def git_commit() -> str | None:
    """Commit of this code, with ``+changes`` if files differ from it; None where it does not come from a repository.

    A repository around it, say one with the environment that this package is installed in, is not its own.
    """
    try:
        _git("ls-files", "--error-unmatch", Path(__file__).name)
        commit = _git("rev-parse", "HEAD")
        return commit + ("+changes" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _hashes(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {
        name: {"path": str(path), **({"sha256": sha256(path)} if Path(path).is_file() else {})}
        for name, path in files.items()
    }


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """Installed versions by package; None for one that is not."""
    found: dict[str, str | None] = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found
