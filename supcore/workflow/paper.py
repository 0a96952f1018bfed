"""The folder of the paper's published numbers, as far as planning looks into it."""

import csv
from collections.abc import Collection
from pathlib import Path

from supcore.errors import SupError

TABLES = ("line_plots", "readme_runs", "readme_classwise", "sampling_efficiency", "corruptions")


def paper_plots(folder: str | Path, datasets: Collection[str]) -> list[str]:
    """Names of the paper's line plots of these data sets, sorted.

    Raises:
        SupError: the folder lacks a table, or its list of plots is none.
    """
    key = "config key published"
    missing = [f"{name}.csv" for name in TABLES if not (Path(folder) / f"{name}.csv").is_file()]
    if missing:
        raise SupError(f"{key}: {folder} has no {', '.join(missing)}; give the folder of the published numbers")
    path = Path(folder) / "line_plots.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return sorted({point["plot_id"] for point in csv.DictReader(file) if point["dataset"] in datasets})
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise SupError(f"{key}: {path} is no table of plots ({error}); give the published one") from error


def published_tables(folder: str | Path) -> list[str]:
    """The files of the published numbers."""
    return sorted(map(str, Path(folder).glob("*.csv")))
