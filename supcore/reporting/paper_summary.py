"""The paper's main result beside ours: what the strongest perturbation does to every network."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supcore.reporting.labels import CLEAN, METRIC_LABELS, label, ordered
from supcore.reporting.leaderboard import leaderboard
from supcore.reporting.line_panels import PUBLISHED
from supcore.reporting.style import panel_grid, series_colors, styled

SIZE, EPSILON = "tile64", 0.02
_HEADLINE = "kitti2015"  # shown where nothing published was measured
_THIS_RUN = "this run"

_COLUMNS = ["dataset", "target", "clean", "worst", "ours_clean", "ours_worst", "ours_low", "ours_high"]
_PUBLISHED_LOOK: dict[str, Any] = {"color": "0.35", **PUBLISHED}


@styled
def paper_summary(comparison: pd.DataFrame, table: pd.DataFrame) -> Figure:
    """D1 of every network on clean images and under the worst SUP, published and ours.

    One panel for each of the paper's data sets, and one for those of this run that the paper does not have. A row joins
    the clean error (circle) to the attacked one (square). The SUP is the worst of those that are published, and of
    these the worst that was measured, if one was; ours is under the same one.

    Args:
        comparison: every published number beside ours, as :func:`supcore.reporting.comparison.compare` gives it.
        table: transfer table.
    """
    rows = beside_each_other(comparison, table)
    panels = [panel for _, panel in rows.groupby(rows["dataset"].where(rows["worst"].notna(), _THIS_RUN), sort=False)]
    lines, columns, width = panel_grid(len(panels))
    tallest = max(map(len, panels))
    figure = Figure(figsize=(width, 0.6 + lines * (0.75 + 0.27 * tallest)), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        _draw(axes, panel)
        axes.set_ylim(tallest - 0.5, -0.5)  # the same distance between rows in all panels
    grid[0].set_xlim(left=0, right=1.14 * float(np.nanmax(rows[["worst", "ours_high"]])))
    for axes in grid[len(panels) :]:
        axes.remove()
    figure.legend(handles=_handles(rows), loc="outside lower center", ncols=4)
    return figure


def beside_each_other(comparison: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the figure: data set, network, clean and worst D1 (%), published and ours; empty where unknown."""
    published = _published(comparison)
    measured = set(published.loc[published["ours_worst"].notna(), "dataset"])
    shown = published[published["dataset"].isin(measured or {_HEADLINE})]
    own = _own(table)
    own = own[~own["dataset"].isin(set(published["dataset"]))]
    rows = pd.concat([part for part in (shown, own) if len(part)], ignore_index=True)
    order = {name: rank for rank, name in enumerate(ordered([*rows["dataset"], *rows["target"]]))}
    ours_only = rows["worst"].isna()
    return (
        rows.assign(_last=ours_only, _dataset=rows["dataset"].map(order), _target=rows["target"].map(order))
        .sort_values(["_last", "_dataset", "_target"], kind="stable", ignore_index=True)
        .drop(columns=["_last", "_dataset", "_target"])
    )


def _published(comparison: pd.DataFrame) -> pd.DataFrame:
    plain = comparison["condition"].eq("") & comparison["reference"].eq("ground_truth") & comparison["metric"].eq("d1")
    clean = comparison[plain & comparison["source"].eq(CLEAN)]
    attacked = comparison[plain & comparison["size"].eq(SIZE) & comparison["epsilon"].eq(EPSILON)]
    rows = []
    for (dataset, target), group in attacked.groupby(["dataset", "target"], sort=False):
        measured = group[group["ours"].notna()]
        worst = (measured if len(measured) else group).sort_values("published", kind="stable").iloc[-1]
        before = clean[(clean["dataset"] == dataset) & (clean["target"] == target)].iloc[0]
        paper = (dataset, target, before["published"], worst["published"])
        rows.append((*paper, before["ours"], worst["ours"], worst["ours_ci_low"], worst["ours_ci_high"]))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _own(table: pd.DataFrame) -> pd.DataFrame:
    board = leaderboard(table)
    strongest = {dataset: _largest_epsilon(board, dataset) for dataset in {row["dataset"] for row in board}}
    rows = [
        (row["dataset"], row["target"], None, None, row["clean"], row["worst"], *row["worst_ci"])
        for row in board
        if row["epsilon"] == strongest[row["dataset"]]
    ]
    return pd.DataFrame(rows, columns=_COLUMNS).astype(dict.fromkeys(_COLUMNS[2:], "float64"))


def _largest_epsilon(board: list[dict[str, object]], dataset: object) -> str:
    return max((str(row["epsilon"]) for row in board if row["dataset"] == dataset), key=float)


def _handles(rows: pd.DataFrame) -> list[Line2D]:
    handles = [Line2D([], [], label="ours", **_ours_look())] if rows["ours_worst"].notna().any() else []
    handles += [Line2D([], [], label="published", **_PUBLISHED_LOOK)] if rows["worst"].notna().any() else []
    for entry, marker in (("clean", "o"), ("worst SUP", "s")):
        handles.append(Line2D([], [], linestyle="", color="0.35", marker=marker, label=entry))
    return handles


def _ours_look() -> dict[str, Any]:
    return {"color": series_colors(["ours"])["ours"]}


def _draw(axes: Axes, panel: pd.DataFrame) -> None:
    rows = panel.to_dict("records")
    for position, row in enumerate(rows):
        both = pd.notna(row["worst"]) and pd.notna(row["ours_worst"])
        if pd.notna(row["worst"]):
            _dumbbell(axes, position + 0.16 * both, row["clean"], row["worst"], row["worst"], _PUBLISHED_LOOK)
        if pd.notna(row["ours_worst"]):
            height = position - 0.16 * both
            _dumbbell(axes, height, row["ours_clean"], row["ours_worst"], row["ours_high"], _ours_look())
            axes.plot([row["ours_low"], row["ours_high"]], [height, height], color="0.15", linewidth=0.8, zorder=4)
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    names = [[label(row["target"]), label(row["dataset"])][: 1 + (len(datasets) > 1)] for row in rows]
    axes.set_title(_title(panel, datasets))
    axes.set_yticks(range(len(rows)), [", ".join(parts) for parts in names])
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=True)
    axes.set_xlabel(METRIC_LABELS["d1"])


def _title(panel: pd.DataFrame, datasets: list[str]) -> str:
    published, ours = panel["worst"].notna().any(), panel["ours_worst"].notna().any()
    parts = [label(datasets[0])] if len(datasets) == 1 else []
    if not (published and ours):
        parts.append("published" if published else _THIS_RUN)
    return ", ".join(parts)


def _dumbbell(axes: Axes, height: float, clean: float, attacked: float, end: float, look: dict[str, Any]) -> None:
    axes.plot([clean, attacked], [height, height], **look)
    for value, marker in ((clean, "o"), (attacked, "s")):
        axes.plot([value], [height], **look | {"linestyle": "", "marker": marker})
    axes.annotate(f"{attacked:.1f}", (end, height), (5, 0), textcoords="offset points", va="center", fontsize=6.5)
