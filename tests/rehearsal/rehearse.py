"""Preparing a folder for the rehearsal, and running the paper's configurations in it."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rehearsal.overlay import PUBLISHED, REGISTRY, merged, miniature, part
from tests.rehearsal.releases import REPOSITORY, write_published, write_registry, write_releases
from tests.rehearsal.server import served
from tests.rehearsal.trees import write_trees

Runs = dict[str, list[Path]]
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
def prepared(
    folder: Path, *, device: str = "cpu", in_part: bool = False, port: int = 0
) -> Iterator[dict[str, list[Path]]]:
    """A folder with the miniatures and the server that hands out the releases, while the block runs.

    Args:
        folder: where; what is there already is kept.
        device: ``cpu`` or ``cuda``.
        in_part: only a part of the grid.
        port: of the server; 0 for any that is free.

    Yields:
        For each configuration, the files to run it with: the paper's and an overlay, or one file for a part.
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
            if in_part:
                whole, runs[name] = merged(runs[name]), [folder / f"part_{name}.yaml"]
                runs[name][0].write_text(json.dumps(part(whole), indent=1))
        yield runs
