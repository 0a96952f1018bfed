"""Bars of the transfer table: clean, noise and attacked error beside each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from supcore.reporting.labels import METRIC_LABELS, label, ordered, source_label
from supcore.reporting.selection import attack_rows, reference_note
from supcore.reporting.style import COLUMN_WIDTH, PAGE_WIDTH, source_colors, styled
from supcore.sup_names import epsilon_text

_BARS_IN_A_ROW = 30


@styled
def transfer_bars(
    table: pd.DataFrame,
    dataset: str | Sequence[str] | None = None,
    *,
    targets: Sequence[str] | None = None,
    reference: str = "ground_truth",
    size: str | None = None,
    epsilon: float | None = None,
    metric: str = "d1",
) -> Figure:
    """Bars of clean, noise and attacked error beside each other, for few networks and data sets.

    Args:
        table: transfer table.
        dataset: data set or data sets shown; by default all.
        targets: attacked networks shown; by default all.
        reference: "ground_truth", or "clean" as for data sets without it.
        size: size of the perturbations; by default the one that most sources have.
        epsilon: their bound; by default the largest evaluated at this size.
        metric: "d1" (percent) or "epe" (pixels).

    Raises:
        SupError: the table has no such rows.
    """
    datasets = [dataset] if isinstance(dataset, str) else dataset
    for column, names in (("dataset", datasets), ("target", targets)):
        table = table if names is None else table[table[column].isin(names)]
    shown, size, epsilon = attack_rows(table, reference, size, epsilon)
    groups = [
        (dataset, target)
        for dataset in ordered(shown["dataset"])
        for target in ordered(shown.loc[shown["dataset"] == dataset, "target"])
    ]
    sources = ordered(shown["source"])
    rows = -(-len(groups) * len(sources) // _BARS_IN_A_ROW)
    in_a_row = -(-len(groups) // rows)
    rows = -(-len(groups) // in_a_row)  # evenly filled, fewer may do
    width = COLUMN_WIDTH if in_a_row * len(sources) <= 12 else PAGE_WIDTH
    figure = Figure(figsize=(width, 0.8 + 1.7 * rows), layout="constrained")
    grid = figure.subplots(rows, 1, squeeze=False, sharey=True).ravel()
    colors = source_colors(sources)
    for row, axes in enumerate(grid):
        chosen = groups[row * in_a_row : (row + 1) * in_a_row]
        for position, source in enumerate(sources):
            offset = (position - (len(sources) - 1) / 2) * 0.8 / len(sources)
            of_source = shown[shown["source"] == source]
            _draw_bars(axes, of_source, chosen, offset, 0.72 / len(sources), colors[source], metric)
        axes.set_xticks(range(len(chosen)), _group_labels(groups)[row * in_a_row : (row + 1) * in_a_row])
        axes.set_xlim(-0.5, in_a_row - 0.5)
        axes.tick_params(axis="x", length=0)
        axes.set_ylabel(METRIC_LABELS[metric])
    note = reference_note(shown) if reference == "ground_truth" else ""
    grid[0].set_title(",\n".join(filter(None, [f"{size} perturbations, ε = {epsilon_text(epsilon)}", note])))
    names = [source_label(source) for source in sources]
    handles = [Rectangle((0, 0), 1, 1, color=colors[source]) for source in sources]
    figure.legend(handles, names, loc="outside lower center", ncols=min(3, len(sources)))
    return figure


def _draw_bars(
    axes: Axes,
    rows: pd.DataFrame,
    groups: list[tuple[str, str]],
    offset: float,
    width: float,
    color: Any,
    metric: str,
) -> None:
    found = rows.set_index(["dataset", "target"]).reindex(pd.MultiIndex.from_tuples(groups))
    mean, low, high = (found[f"{metric}_{name}"].to_numpy() for name in ("mean", "ci_low", "ci_high"))
    positions = np.arange(len(groups)) + offset
    axes.bar(positions, mean, width, color=color)
    axes.errorbar(positions, mean, [mean - low, high - mean], fmt="none", ecolor="0.15", elinewidth=0.8, capsize=2)
    for position, value, top in zip(positions, mean, high, strict=True):
        if np.isfinite(value):
            axes.annotate(
                f"{value:.1f}", (position, top), (0, 2), textcoords="offset points", ha="center", fontsize=6.5
            )


def _group_labels(groups: list[tuple[str, str]]) -> list[str]:
    datasets, targets = ({group[part] for group in groups} for part in (0, 1))
    if len(targets) == 1 and len(datasets) > 1:
        return [label(dataset) for dataset, _ in groups]
    if len(datasets) == 1 and len(targets) > 1:
        return [label(target) for _, target in groups]
    return [f"{label(target)}\n{label(dataset)}" for dataset, target in groups]
