"""Heat maps of the transfer table: source against target."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from supcore.reporting.labels import METRIC_LABELS, label, ordered
from supcore.reporting.selection import attack_rows, reference_note
from supcore.reporting.style import COLUMN_WIDTH, PAGE_WIDTH, styled
from supcore.sup_names import epsilon_text

# Errors, source by target, and what is printed on them.
Panel = tuple[pd.DataFrame, pd.DataFrame]
_OWN_COLOR = "#56B4E9"  # told apart from every shade of the scale


@styled
def transfer_heatmap(
    table: pd.DataFrame,
    reference: str = "ground_truth",
    *,
    size: str | None = None,
    epsilon: float | None = None,
    metric: str = "d1",
) -> Figure:
    """Heat maps of the error, source against target, one panel per data set, averaged over seeds.

    The cell of a network under its own perturbation is outlined. Below a mean over several seeds stands their standard
    deviation, and a published value in brackets.

    Args:
        table: transfer table.
        reference: "ground_truth", or "clean" as for data sets without it.
        size: size of the perturbations; by default the one that most sources have.
        epsilon: their bound; by default the largest evaluated at this size.
        metric: "d1" (percent) or "epe" (pixels).

    Raises:
        SupError: the table has no such rows.
    """
    shown, size, epsilon = attack_rows(table, reference, size, epsilon)
    datasets = ordered(shown["dataset"])
    panels = [_panel(shown[shown["dataset"] == dataset], metric) for dataset in datasets]
    rows, columns, width = _grid(panels)
    height = 0.25 + rows * (0.85 + 0.32 * max(len(ours) for ours, _ in panels))
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    limit = float(np.nanmax([ours.max(axis=None) for ours, _ in panels]))
    for position, (axes, dataset, panel) in enumerate(zip(grid, datasets, panels, strict=False)):
        _draw_heatmap(axes, *panel, limit)
        axes.set(title=label(dataset), xlabel="attacked network")
        axes.set_ylabel("" if position % columns else "perturbation from")
    for axes in grid[len(panels) :]:
        axes.remove()
    bar = figure.colorbar(grid[0].collections[0], ax=list(grid[: len(panels)]), fraction=0.05, aspect=25)
    bar.set_label(METRIC_LABELS[metric])
    bar.outline.set_visible(False)
    note = reference_note(shown) if reference == "ground_truth" else ""
    figure.suptitle(",\n".join(filter(None, [f"{size} perturbations, ε = {epsilon_text(epsilon)}", note])), fontsize=8)
    return figure


def _panel(shown: pd.DataFrame, metric: str) -> Panel:
    rows, columns = ordered(shown["source"]), ordered(shown["target"])
    lines = {f"{metric}_mean": "{:.1f}", f"{metric}_seed_std": "\n±{:.1f}", f"published_{metric}": "\n({:.1f})"}
    grids = {name: shown.pivot(index="source", columns="target", values=name).loc[rows, columns] for name in lines}
    text = [
        grids[name].map(lambda value, line=line: "" if pd.isna(value) else line.format(value))
        for name, line in lines.items()
    ]
    return grids[f"{metric}_mean"], text[0] + text[1] + text[2]


def _grid(panels: list[Panel]) -> tuple[int, int, float]:
    # The row labels and half an inch a cell keep the numbers legible.
    longest = max(len(label(source)) for ours, _ in panels for source in ours.index)
    needed = max(1.0, 0.1 + 0.075 * longest) + 0.45 * max(ours.shape[1] for ours, _ in panels)
    columns = max(1, min(len(panels), int(PAGE_WIDTH // needed)))
    narrow = columns == 1 and needed < COLUMN_WIDTH
    return -(-len(panels) // columns), columns, COLUMN_WIDTH if narrow else PAGE_WIDTH


def _draw_heatmap(axes: Axes, ours: pd.DataFrame, text: pd.DataFrame, limit: float) -> None:
    sns.heatmap(
        ours.rename(index=label, columns=label),
        annot=text.to_numpy(),
        fmt="",
        annot_kws={"fontsize": 6.5},
        cmap="rocket_r",
        vmin=0,
        vmax=limit,
        cbar=False,
        linewidths=0.8,
        ax=axes,
    )
    own = [
        (column, row)
        for row, source in enumerate(ours.index)
        for column, target in enumerate(ours.columns)
        if source == target
    ]
    for column, row in own:
        inset = (column + 0.05, row + 0.06)
        axes.add_patch(Rectangle(inset, 0.9, 0.88, fill=False, edgecolor=_OWN_COLOR, linewidth=1.0))
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)
    for name in axes.get_xticklabels():
        name.set(rotation=30, ha="right", rotation_mode="anchor")
