"""The paper's published numbers, for the columns that stand beside ours."""

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from supcore.errors import SupError

_TEXT = {"dataset", "target", "source", "size", "condition", "corruption", "network", "class"}

Cell = tuple[str, str, str, str, float, str]


@dataclass(frozen=True)
class PublishedResults:
    """The published tables, and one merged view of the plain transfer results.

    Attributes:
        line_plots: the 24 error-against-epsilon plots, one row per point.
        readme_runs: evaluation runs printed in the authors' README.
        readme_classwise: class-wise errors of an attacked AANet.
        sampling_efficiency: D1 by number of training samples.
        corruptions: change of the error under image corruptions, in percent.
        cells: ground-truth error by (dataset, target, source, size, epsilon, metric).
    """

    line_plots: pd.DataFrame
    readme_runs: pd.DataFrame
    readme_classwise: pd.DataFrame
    sampling_efficiency: pd.DataFrame
    corruptions: pd.DataFrame
    cells: dict[Cell, float]

    def transfer_cell(
        self, dataset: str, target: str, source: str, size: str, epsilon: float
    ) -> tuple[float | None, float | None]:
        """Published errors with respect to ground truth of one attack on one network.

        Args:
            dataset: data set evaluated on.
            target: network attacked.
            source: network the perturbation was optimized on, or "none" for clean images.
            size: "tile64", ..., "full"; empty for clean images.
            epsilon: bound of the perturbation in units of [0,1] intensity; 0 for clean images.

        Returns:
            Mean D1 in percent and mean EPE in pixels, None where the paper gives no number.
        """
        cell = dataset, target, source, size, epsilon
        return self.cells.get(_cell(*cell, "d1")), self.cells.get(_cell(*cell, "epe"))


def load_published(folder: str | Path) -> PublishedResults:
    """Read the published numbers.

    Args:
        folder: the folder with the CSV files, ``resources/published`` of the repository.

    Raises:
        SupError: a file is missing or unreadable, or two sources give the same cell different values.
    """
    folder = Path(folder)
    line_plots = _read(folder / "line_plots.csv")
    readme_runs = _read(folder / "readme_runs.csv")
    return PublishedResults(
        line_plots=line_plots,
        readme_runs=readme_runs,
        readme_classwise=_read(folder / "readme_classwise.csv"),
        sampling_efficiency=_read(folder / "sampling_efficiency.csv"),
        corruptions=_read(folder / "corruptions.csv"),
        cells=_merge([*_plot_cells(line_plots), *_readme_cells(readme_runs)], folder),
    )


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(_TEXT, "str"), keep_default_na=False, na_values={"step": [""]})
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise SupError(f"{path}: cannot read the published numbers ({reason}); restore the file") from error


def _cell(dataset: str, target: str, source: str, size: str, epsilon: float, metric: str) -> Cell:
    # Rounding lets an epsilon that was computed (4 * 0.005) find the one that was written (0.02).
    return dataset, target, source, size, round(float(epsilon), 9), metric


def _row_cell(row: Mapping[Hashable, Any], metric: str) -> Cell:
    return _cell(row["dataset"], row["target"], row["source"], row["size"], row["epsilon"], metric)


def _plot_cells(plots: pd.DataFrame) -> Iterator[tuple[Cell, float]]:
    for row in plots[plots["condition"] == ""].to_dict("records"):
        yield _row_cell(row, row["metric"]), row["mean"]


def _readme_cells(runs: pd.DataFrame) -> Iterator[tuple[Cell, float]]:
    for row in runs[runs["corruption"] == ""].to_dict("records"):
        for metric in ("d1", "epe"):
            yield _row_cell(row, metric), row[f"ground_truth_{metric}_mean"]


def _merge(entries: list[tuple[Cell, float]], folder: Path) -> dict[Cell, float]:
    cells: dict[Cell, float] = {}
    for cell, value in entries:
        known = cells.setdefault(cell, value)
        if not math.isclose(known, value, abs_tol=5e-5):
            raise SupError(f"{folder}: {cell} is given as {known} and as {value}; correct the CSV files")
    return cells
