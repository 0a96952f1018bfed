"""Curves of the transfer table: error against epsilon."""

from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from supcore.reporting.labels import CLEAN, METRIC_LABELS, NOISE, label, ordered, source_label
from supcore.reporting.selection import choose_size, usable_rows
from supcore.reporting.style import COLUMN_WIDTH, PAGE_WIDTH, source_colors, styled

_PUBLISHED: dict[str, Any] = {"linestyle": "--", "linewidth": 0.8, "markerfacecolor": "white"}


@styled
def error_against_epsilon(
    table: pd.DataFrame,
    dataset: str,
    *,
    reference: str = "ground_truth",
    size: str | None = None,
    metric: str = "d1",
) -> Figure:
    """Error against epsilon, one panel per attacked network and one line per source, averaged over seeds.

    Bands are 95 % bootstrap intervals over images, the dotted line is random noise, dashed lines with open
    markers are the published values.

    Args:
        table: transfer table.
        dataset: data set shown.
        reference: "ground_truth" or "clean".
        size: size of the perturbations; by default tile64 where present.
        metric: "d1" (percent) or "epe" (pixels).

    Raises:
        SupError: the table has no such rows.
    """
    shown = usable_rows(table, reference, dataset)
    size = choose_size(shown, size)
    shown = shown[(shown["size"] == size) | (shown["source"] == CLEAN)]
    targets = ordered(shown["target"])
    sources = [source for source in ordered(shown["source"]) if source != CLEAN]
    columns = min(3, len(targets))
    rows = -(-len(targets) // columns)
    width = COLUMN_WIDTH if columns == 1 else PAGE_WIDTH
    figure = Figure(figsize=(width, 0.8 + 1.8 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    looks = _looks(sources)
    for axes, target in zip(grid, targets, strict=False):
        for source in sources:
            _draw_series(axes, shown[shown["target"] == target], source, looks[source], metric)
        axes.set(title=label(target), xlabel="ε")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.tick_params(labelbottom=True, labelleft=True)
    for axes in grid[::columns]:
        axes.set_ylabel(METRIC_LABELS[metric])
    for axes in grid[len(targets) :]:
        axes.remove()
    figure.suptitle(f"{label(dataset)}, {size} perturbations", fontsize=8)
    figure.legend(
        handles=_series_legend(looks, bool(shown[f"published_{metric}"].notna().any())),
        loc="outside lower center",
        ncols=min(4, 2 * columns),
    )
    return figure


def _looks(sources: list[str]) -> dict[str, dict[str, Any]]:
    colors = source_colors(sources)
    return {
        source: {"color": colors[source], "marker": marker, "linestyle": ":" if source == NOISE else "-"}
        for source, marker in zip(sources, cycle("os^DvPX"), strict=False)
    }


def _draw_series(axes: Axes, rows: pd.DataFrame, source: str, look: dict[str, Any], metric: str) -> None:
    line = rows[rows["source"].isin([CLEAN, source])].sort_values("epsilon")
    epsilon, low, high = line["epsilon"], line[f"{metric}_ci_low"], line[f"{metric}_ci_high"]
    axes.plot(epsilon, line[f"{metric}_mean"], **look)
    axes.fill_between(epsilon, low, high, color=look["color"], alpha=0.15, linewidth=0)
    published = line.dropna(subset=[f"published_{metric}"])
    # The clean value alone is no series.
    if (published["source"] == source).any():
        axes.plot(published["epsilon"], published[f"published_{metric}"], **look | _PUBLISHED)


def _series_legend(looks: dict[str, dict[str, Any]], published: bool) -> list[Line2D]:
    handles = [Line2D([], [], label=source_label(source), **look) for source, look in looks.items()]
    if published:
        handles.append(Line2D([], [], label="published", color="0.2", marker="o", **_PUBLISHED))
    return handles
