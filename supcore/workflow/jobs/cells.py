"""Records of single perturbations that are kept, so that a changed grid computes only what it adds.

A cell holds the per-image records of one network on one data set under one perturbation. It is found by a hash of
everything that decides them, so records of anything else are never taken for them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from supcore.data.contents import known_contents
from supcore.data.dataset import pairs_digest
from supcore.data.manifest import read_manifest
from supcore.files import sha256, write_text
from supcore.perturbation import StereoPerturbation
from supcore.sup_names import SupName
from supcore.workflow.jobs.job import Job
from supcore.workflow.provenance import versions

# What computes the numbers beside the code of this package.
PACKAGES = ("torch", "torchvision", "numpy", "opencv-python-headless", "pillow")
# Params of the rule that do not decide the records of one perturbation.
_PARAMS_ASIDE = ("grid", "cells", "changes")


class Cells:
    """The kept records of a job's perturbations.

    Args:
        folder: where they lie; it may be deleted at any time.
        common: what decides all of them, plain values.
    """

    def __init__(self, folder: str | Path, common: Mapping[str, Any]) -> None:
        self.folder, self.common = Path(folder), dict(common)

    def path(self, name: SupName, sup: StereoPerturbation) -> Path:
        """The file of a perturbation's records."""
        tiles = [hashlib.sha256(tile.cpu().numpy().tobytes()).hexdigest() for tile in (sup.left, sup.right)]
        content = [*tiles, list(sup.size), list(sup.image_size), sup.epsilon]
        identity = json.dumps([self.common, list(name), content], sort_keys=True, default=str)
        return self.folder / f"{_hash(identity)}.cell"

    @staticmethod
    def write(path: Path, records: pd.DataFrame) -> str:
        """Keep the records of one perturbation, below a hash of them; returns them as CSV."""
        text = records.to_csv(index=False, float_format="%.6f", lineterminator="\n")
        write_text(path, f"{_hash(text)}\n{text}")
        return text

    @staticmethod
    def read(path: Path) -> str | None:
        """The records as CSV; None if there are none or the file is damaged."""
        try:
            head, _, text = path.read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return text if head == _hash(text) else None


def job_cells(snakemake: Any, running: Job) -> Cells:
    """The cells of a job of the rule ``evaluate_perturbed``; its device must be prepared."""
    files, params = snakemake.input, snakemake.params
    return Cells(
        params.cells,
        {
            "wildcards": dict(snakemake.wildcards.items()),
            "params": {name: value for name, value in params.items() if name not in _PARAMS_ASIDE},
            "weights": sha256(files.weights),
            "pairs": pairs_digest(read_manifest(files.manifest), known_contents(files.manifest)),
            "predictions": sha256(files.predictions),
            "device": running.device,
            "cpu": torch.backends.cpu.get_cpu_capability(),
            "versions": versions(PACKAGES),
        },
    )


def joined(cells: Mapping[SupName, str]) -> str:
    """The records of several perturbations as one CSV, in the order in which an evaluation sorts them."""
    order = sorted(cells, key=lambda name: (name.size, name.epsilon, str(name.seed)))
    header = next(iter(cells.values())).partition("\n")[0]
    return "".join([f"{header}\n", *(cells[name].partition("\n")[2] for name in order)])


def read_joined(path: str | Path) -> pd.DataFrame:
    """The same as a table, with names, epsilon and seed as text."""
    text = ["dataset", "target", "source", "size", "epsilon", "seed", "reference"]
    return pd.read_csv(
        path, dtype=dict.fromkeys(text, "str"), keep_default_na=False, na_values={"d1": [""], "epe": [""]}
    )


def split(records: pd.DataFrame, names: Iterable[SupName]) -> dict[SupName, pd.DataFrame]:
    """The records of an evaluation by perturbation."""
    found = dict(iter(records.groupby(["size", "epsilon", "seed"], sort=False)))
    return {name: found[name.size, name.epsilon, str(name.seed)] for name in names}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
