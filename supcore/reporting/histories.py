"""Curves of how SUPs were optimized and networks trained."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatter

from supcore.reporting.line_panels import series_looks
from supcore.reporting.style import COLUMN_WIDTH, PAGE_WIDTH, styled

_PERTURBED = "d1_perturbed"
# Numbers between powers of ten are written where an axis spans fewer decades than that: all of them, and some of them.
_LABELLED_DECADES = (1.0, 0.4)


@styled
def sup_curves(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """How SUPs grew: validation error, and the share of gradient elements that the step rule clipped.

    Args:
        histories: legend entry to the history of its optimization, with the columns ``step``, ``d1_clean`` and
            ``clipped_fraction``.
    """
    shown = {name: history.assign(clipped=100 * history["clipped_fraction"]) for name, history in histories.items()}
    panels = {
        "d1_clean": "D1 against clean (%)",
        "clipped": "clipped gradient elements (%)",
    }
    figure, grid = _curves(shown, panels)
    for axes in grid:
        axes.set_ylim(0, 102)
    figure.suptitle("Optimization of the SUPs, errors on validation images", fontsize=8)
    return figure


@styled
def training_curves(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """How networks were trained: their loss, and of adversarial fine-tuning the error on validation images.

    Args:
        histories: legend entry to the history of its training, with the columns ``step`` and ``loss``; of a
            fine-tuning also ``d1_clean`` and ``d1_perturbed``.
    """
    panels = {"loss": "training loss"}
    if any("d1_clean" in history for history in histories.values()):
        panels["d1_clean"] = "D1 error (%)"
    figure, grid = _curves(histories, panels)
    grid[0].set_yscale("log")
    grid[0].yaxis.set_major_formatter(LogFormatter(minor_thresholds=_LABELLED_DECADES))
    grid[0].yaxis.set_minor_formatter(LogFormatter(minor_thresholds=_LABELLED_DECADES))
    if len(grid) > 1:
        _draw(grid[1], histories, _PERTURBED, dashed=True)
        grid[1].set_ylim(bottom=0)
        clean = Line2D([], [], color="0.3", linestyle="-", label="clean images")
        grid[1].legend(handles=[clean, Line2D([], [], color="0.3", linestyle="--", label="under the SUP")])
    figure.suptitle("Training of the networks", fontsize=8)
    return figure


def _curves(histories: Mapping[str, pd.DataFrame], panels: Mapping[str, str]) -> tuple[Figure, list[Axes]]:
    """A panel for each column, a line for each history, and a common legend below."""
    columns = min(3, len(histories))
    height = 2.3 + 0.16 * -(-len(histories) // columns)
    figure = Figure(figsize=(PAGE_WIDTH if len(panels) > 1 else COLUMN_WIDTH, height), layout="constrained")
    grid = list(figure.subplots(1, len(panels), squeeze=False).ravel())
    for axes, (column, title) in zip(grid, panels.items(), strict=True):
        _draw(axes, histories, column)
        axes.set(xlabel="step", ylabel=title)
    handles = [Line2D([], [], label=name, **look) for name, look in series_looks(histories).items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)
    return figure, grid


def _draw(axes: Axes, histories: Mapping[str, pd.DataFrame], column: str, *, dashed: bool = False) -> None:
    looks = series_looks(histories)
    for name, history in histories.items():
        if column in history:
            every = -(-len(history) // 12)  # at most a dozen markers a line
            look = looks[name] | {"markevery": every, "linestyle": "--" if dashed else "-"}
            axes.plot(history["step"], history[column], **look)
