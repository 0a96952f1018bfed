"""Grouped horizontal bars: names of groups are too long to stand below vertical ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from supcore.reporting.labels import METRIC_LABELS, label
from supcore.reporting.style import panel_grid, series_colors

_MARK: dict[str, Any] = {"linestyle": "none", "markersize": 3, "markeredgewidth": 0.7, "markeredgecolor": "0.1"}
PUBLISHED_MARK = _MARK | {"marker": "D", "markerfacecolor": "white", "clip_on": False}
SINGLE_MARK = _MARK | {"marker": "o", "markerfacecolor": "none"}


def grouped_bars(
    panels: Mapping[str, pd.DataFrame],
    groups: tuple[str, Sequence[str]],
    series: tuple[str, Sequence[str]],
    *,
    metric: str = "d1",
    rings: Mapping[str, pd.DataFrame] | None = None,
) -> Figure:
    """A metric in groups of bars with 95 % intervals, panels beside each other on one scale.

    Args:
        panels: title of a panel to rows of a table on one data set, each cell once.
        groups: column of the groups, and its values from top to bottom.
        series: column of the bars in a group, and its values.
        metric: what the bars show.
        rings: rows of single networks by panel, drawn as rings on the bars.
    """
    colors, entries = series_colors(series[1]), len(series[1]) + (rings is not None)
    figure, grid = bar_panels(len(panels), len(groups[1]), len(colors), entries)
    for axes, (title, rows) in zip(grid, panels.items(), strict=True):
        single = None if rings is None else rings[title]
        draw_bars(axes, rows, groups=groups, series=(series[0], colors), metric=metric, single=single)
        axes.set_title(title)
    share_limits(grid)
    dataset = next(iter(panels.values()))["dataset"].iloc[0]
    figure.suptitle(label(dataset), fontsize=8)
    marks = {} if rings is None else {"one_network": SINGLE_MARK}
    bar_legend(figure, colors, 4 if rings is None or len(panels) > 1 else 2, **marks)
    return figure


def bar_panels(panels: int, groups: int, series: int, legend: int) -> tuple[Figure, list[Axes]]:
    """A figure of as many panels as asked for, as high as its bars need.

    Args:
        panels: number of panels, at most four beside each other.
        groups: groups of bars in a panel.
        series: bars in a group.
        legend: entries of the legend below.
    """
    rows, columns, width = panel_grid(panels, at_most=4)
    height = 0.5 + 0.16 * -(-legend // (2 * columns)) + rows * (0.6 + groups * (0.08 + 0.08 * series))
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = list(figure.subplots(rows, columns, squeeze=False, sharey=True).ravel())
    for axes in grid[panels:]:
        axes.remove()
    return figure, grid[:panels]


def draw_bars(
    axes: Axes,
    shown: pd.DataFrame,
    *,
    groups: tuple[str, Sequence[str]],
    series: tuple[str, Mapping[str, Any]],
    metric: str,
    numbers: bool = False,
    single: pd.DataFrame | None = None,
) -> bool:
    """Draw groups of bars from top to bottom, with intervals where the table has them.

    Args:
        axes: where.
        shown: rows of a table, each cell once.
        groups: column of the groups, and its values from top to bottom.
        series: column of the bars in a group, and its values with their colors.
        metric: "d1", "epe" or a change of them.
        numbers: print each bar's number at its end.
        single: rows drawn as rings on the bars, with the same columns.

    Returns:
        Whether the paper's numbers stand beside ours.
    """
    column, names = groups
    places = pd.Series(np.arange(len(names), dtype=float), index=list(names))
    thickness = 0.82 / len(series[1])
    published = False
    for position, (name, color) in enumerate(series[1].items()):
        rows = shown[shown[series[0]] == name].set_index(column).reindex(list(names))
        y = places + (position - (len(series[1]) - 1) / 2) * thickness
        published |= _draw_series(axes, rows, y, metric, numbers, height=0.93 * thickness, color=color)
        if single is not None:
            dots = single[single[series[0]] == name]
            axes.plot(dots[f"{metric}_mean"], dots[column].map(y), **SINGLE_MARK)
    axes.set_yticks(places, list(map(label, names)))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(METRIC_LABELS[metric])
    axes.axvline(0, color="0.15", linewidth=0.6)
    axes.margins(x=0.12 if numbers else 0.05)
    return published


def bar_legend(figure: Figure, colors: Mapping[str, Any], columns: int, **marks: dict[str, Any]) -> None:
    """One legend below all panels.

    Args:
        figure: the figure.
        colors: series to color.
        columns: of the legend.
        marks: entry to the look of a mark, for those that are drawn.
    """
    handles: list[Any] = [Rectangle((0, 0), 1, 1, color=color, label=label(name)) for name, color in colors.items()]
    handles += [Line2D([], [], label=name.replace("_", " "), **look) for name, look in marks.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)))


def share_limits(grid: Sequence[Axes]) -> None:
    """Give panels of the same metric the same horizontal axis."""
    high = max((axes.get_xlim()[1] for axes in grid), default=0)
    for axes in grid:
        axes.set_xlim(0, high)


def _draw_series(
    axes: Axes, rows: pd.DataFrame, y: "pd.Series[float]", metric: str, numbers: bool, **look: Any
) -> bool:
    """Draw one bar of each group; whether the paper's numbers stand on them."""
    mean = rows[f"{metric}_mean"] if f"{metric}_mean" in rows else rows[metric]
    axes.barh(y, mean, **look)
    end = mean
    if f"{metric}_ci_low" in rows and rows[f"{metric}_ci_low"].notna().any():
        low, high = rows[f"{metric}_ci_low"], rows[f"{metric}_ci_high"]
        axes.errorbar(mean, y, xerr=[mean - low, high - mean], fmt="none", ecolor="0.15", elinewidth=0.7)
        end = high.fillna(mean)
    known = rows.get(f"published_{metric}", pd.Series(dtype=float))
    if known.notna().any():
        axes.plot(known, y, **PUBLISHED_MARK)
        end = end.combine(known, max)
    if numbers:
        for value, right, place in zip(mean, end, y, strict=True):
            if np.isfinite(value):
                at = (max(right, 0), place)
                axes.annotate(f"{value:.1f}", at, (2, 0), textcoords="offset points", va="center", fontsize=5.5)
    return bool(known.notna().any())
