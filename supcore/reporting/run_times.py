"""How long the jobs of a workflow took, from Snakemake's benchmark files."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from supcore.files import atomic_path
from supcore.reporting.style import PAGE_WIDTH, series_colors, styled

COLUMNS = ["stage", "jobs", "seconds", "median_seconds", "longest_seconds", "cpu_seconds", "peak_memory_mb"]


def run_times(folder: str | Path, stages: Iterable[str]) -> pd.DataFrame:
    """Run times of each stage, the longest first.

    Args:
        folder: of the benchmark files; their first folder below it is their stage.
        stages: those that count; a folder may hold the files of another run, too.

    Returns:
        Table with the columns ``COLUMNS``: seconds of wall time in total, of the median and of the longest job;
        seconds of CPU time in total; MiB of the job with the most memory. Processes that Snakemake could not measure
        (they were too short) leave the last two empty. Empty without benchmark files.
    """
    rows = [_row(stage, sorted(Path(folder, stage).rglob("*.tsv"))) for stage in sorted(set(stages))]
    table = pd.DataFrame([row for row in rows if row["jobs"]], columns=COLUMNS)
    return table.sort_values("seconds", ascending=False, kind="stable", ignore_index=True)


def write_run_times(table: pd.DataFrame, path: str | Path) -> None:
    """Write the table with two decimals."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.2f", lineterminator="\n")


@styled
def run_time_bars(table: pd.DataFrame) -> Figure:
    """One bar a stage: wall time of its jobs together.

    Args:
        table: as :func:`run_times` returns it.
    """
    figure = Figure(figsize=(PAGE_WIDTH, 0.9 + 0.2 * max(len(table), 1)), layout="constrained")
    axes = figure.subplots()
    if table.empty:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no benchmark files", ha="center", transform=axes.transAxes)
        return figure
    unit, name = (60.0, "minutes") if table["seconds"].max() > 600 else (1.0, "seconds")
    lengths = table["seconds"] / unit
    axes.barh(range(len(table)), lengths, color=series_colors(["wall time"])["wall time"], height=0.7)
    for position, (length, jobs) in enumerate(zip(lengths, table["jobs"], strict=True)):
        text = f"{length:.1f} in {jobs} job{'s' * (jobs != 1)}"
        axes.annotate(text, (length, position), (4, 0), textcoords="offset points", va="center", fontsize=7)
    axes.set_yticks(range(len(table)), [stage.replace("_", " ") for stage in table["stage"]])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.2 * lengths.max())
    axes.set_xlabel(f"wall time of all jobs together ({name}); jobs run side by side")
    return figure


def _row(stage: str, files: list[Path]) -> dict[str, object]:
    if not files:
        return {"stage": stage, "jobs": 0}
    jobs = pd.concat([pd.read_csv(file, sep="\t", na_values=["-", "NA"]) for file in files])
    return {
        "stage": stage,
        "jobs": len(jobs),
        "seconds": jobs["s"].sum(),
        "median_seconds": jobs["s"].median(),
        "longest_seconds": jobs["s"].max(),
        "cpu_seconds": jobs["cpu_time"].sum(min_count=1),
        "peak_memory_mb": jobs["max_rss"].max(),
    }
