"""Line plots in panels: ours with intervals, the paper's beside it."""

from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from supcore.reporting.labels import METRIC_LABELS
from supcore.reporting.style import panel_grid, series_colors

# The paper's numbers look the same in every figure: thin and dashed, with open markers.
PUBLISHED: dict[str, Any] = {"linestyle": "--", "linewidth": 0.8, "markerfacecolor": "white"}

Look = dict[str, Any]


def series_looks(names: Iterable[str]) -> dict[str, Look]:
    """Color and marker of each series, told apart without color, too."""
    colors = series_colors(names).items()
    return {
        name: {"color": color, "marker": mark} for (name, color), mark in zip(colors, cycle("os^DvPX"), strict=False)
    }


def line_panels(
    panels: Mapping[str, Mapping[str, pd.DataFrame]],
    looks: Mapping[str, Look],
    *,
    x: str,
    x_label: str,
    metric: str,
    title: str,
) -> Figure:
    """Lines of the mean error, one panel beside the other, with a common legend below.

    Bands are 95 % bootstrap intervals over images, dashed lines with open markers are the published values.

    Args:
        panels: title of a panel to its series: legend entry to rows of a table, averaged over seeds.
        looks: legend entry to its look, in the order of the legend.
        x: column along the horizontal axis.
        x_label: what it is.
        metric: "d1" (percent) or "epe" (pixels).
        title: above all panels.
    """
    rows, columns, width = panel_grid(len(panels))
    legend_rows = -(-(len(looks) + 1) // min(4, 2 * columns))
    figure = Figure(figsize=(width, 0.5 + 0.16 * legend_rows + 1.8 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    published = False
    for axes, (name, series) in zip(grid, panels.items(), strict=False):
        for entry, line in series.items():
            published |= _draw(axes, line.sort_values(x), x, looks[entry], metric)
        axes.set(title=name, xlabel=x_label)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.tick_params(labelbottom=True, labelleft=True)
    for axes in grid[::columns]:
        axes.set_ylabel(METRIC_LABELS[metric])
    for axes in grid[len(panels) :]:
        axes.remove()
    figure.suptitle(title, fontsize=8)
    handles = [Line2D([], [], label=entry, **look) for entry, look in looks.items()]
    if published:
        handles.append(published_handle())
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, 2 * columns))
    return figure


def published_handle() -> Line2D:
    """Legend entry of the paper's series."""
    return Line2D([], [], label="published", color="0.2", marker="o", **PUBLISHED)


def _draw(axes: Axes, line: pd.DataFrame, x: str, look: Look, metric: str) -> bool:
    """Draw one series; whether the paper has it, too."""
    axes.plot(line[x], line[f"{metric}_mean"], **look)
    low, high = line[f"{metric}_ci_low"], line[f"{metric}_ci_high"]
    axes.fill_between(line[x], low, high, color=look["color"], alpha=0.15, linewidth=0)
    if f"published_{metric}" not in line:
        return False
    known = line.dropna(subset=[f"published_{metric}"])
    # The clean value alone is no series.
    if not (known["epsilon"] > 0).any():
        return False
    axes.plot(known[x], known[f"published_{metric}"], **look | PUBLISHED)
    return True
