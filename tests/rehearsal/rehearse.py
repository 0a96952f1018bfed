"""Preparing a folder for the rehearsal, and running the paper's configurations in it."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rehearsal.overlay import PUBLISHED, REGISTRY, merged, miniature
from tests.rehearsal.releases import REPOSITORY, write_published, write_registry, write_releases
from tests.rehearsal.server import served
from tests.rehearsal.trees import write_trees

PAPER = REPOSITORY / "config/paper.yaml"
OVERLAYS = REPOSITORY / "config/overlays/paper"
# The paper itself and what goes on top of it, from quick to slow.
CONFIGURATIONS = ("paper", *sorted(path.stem for path in OVERLAYS.glob("*.yaml")))


def files_of(name: str) -> list[Path]:
    """The paper's files behind one of the configurations."""
    return [PAPER] if name == "paper" else [PAPER, OVERLAYS / f"{name}.yaml"]


def results_of(files: Iterable[Path]) -> str:
    """The folder of results of a configuration."""
    return str(merged(files).get("pathvars", {}).get("results", "results"))


@contextmanager
def prepared(folder: Path, *, device: str = "cpu", port: int = 0) -> Iterator[dict[str, list[Path]]]:
    """A folder with the miniatures and the server that hands out the releases, while the block runs.

    Returns:
        For each configuration, the files to run it with: the paper's, then the miniature's overlay.
    """
    if not (folder / "ready").exists():
        write_trees(folder / "data")
        write_releases(folder / "releases")
        write_published(folder / PUBLISHED)
        (folder / "ready").touch()
    with served(folder / "releases", port) as address:
        os.environ["NO_PROXY"] = "127.0.0.1"
        write_registry(folder / REGISTRY, folder / "releases", address)
        runs = {}
        for name in CONFIGURATIONS:
            overlay = folder / f"miniature_{name}.yaml"
            overlay.write_text(json.dumps(miniature(merged(files_of(name)), device=device), indent=1))
            runs[name] = [*files_of(name), overlay]
        yield runs
