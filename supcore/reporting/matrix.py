"""Printed tables: one column of a table against another, in Markdown and LaTeX."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from supcore.reporting.labels import METRIC_LABELS, SORT_KEYS, label
from supcore.reporting.selection import is_attack

OWN = "a network under its own perturbation"
LOWEST_IN_ROW = "the lowest number of a row"
LOWEST_IN_COLUMN = "the lowest number of a column"
HIGHEST_IN_COLUMN = "the highest number of a column"

_REFERENCE = {
    "ground_truth": "ground truth",
    "ground_truth_visible": "ground truth where both cameras see it",
    "ground_truth_occluded": "ground truth where one camera sees it",
    "clean": "the clean prediction",
    "goal": "the target",
}
_ABSENT = "-"
_LATEX_SPECIAL = str.maketrans({character: f"\\{character}" for character in "&%$#_{}"})


@dataclass(frozen=True)
class Layout:
    """What a printed table shows.

    Attributes:
        rows: column of the table whose values become rows.
        columns: column whose values become columns.
        titles: what the rows and the columns are, in words.
        bold: which cells are bold: ``OWN``, or the lowest or highest of a row or column, then only where its interval
            overlaps no other one's.
        units: what the intervals are over: images, or training seeds.
    """

    rows: str
    columns: str
    titles: tuple[str, str]
    bold: str
    units: str = "images"


@dataclass(frozen=True)
class Matrix:
    """One printed table.

    Attributes:
        label: identifier for cross references.
        caption: what the cells mean, and the numbers of images and seeds.
        corner: what the rows and the columns are.
        cells: printed cells, under the names that the table gives to rows and columns.
        bold: which of them are bold.
    """

    label: str
    caption: str
    corner: str
    cells: pd.DataFrame
    bold: pd.DataFrame


def arrange(shown: pd.DataFrame, layout: Layout, name: str, what: str, metric: str = "d1") -> Matrix:
    """Print the rows of a table as a matrix.

    Args:
        shown: rows of one data set and reference, each cell once, with the columns of the metric, ``n_images``,
            ``n_seeds`` and, if there are any, the spread over seeds as ``<metric>_seed_std`` and the paper's numbers as
            ``published_<metric>``.
        layout: what stands where.
        name: what tells this matrix from the others of its data set, reference and metric, for its label.
        what: what was done to the images, for its caption.
        metric: "d1", "epe", or the change of either over clean images ("d1_change", "epe_change").
    """
    dataset, reference = shown[["dataset", "reference"]].iloc[0]
    numbers = _numbers(shown, metric)
    grid = {str(name): _pivot(shown.assign(number=column), layout) for name, column in numbers.items()}
    text = _pivot(shown.assign(number=[_cell(*row) for row in numbers.itertuples(index=False)]), layout)
    name = "-".join(part for part in (name, dataset, reference, metric) if part).replace("_", "-")
    caption = _caption(shown, layout, metric, what, dataset, reference, numbers)
    return Matrix(name, caption, " \\ ".join(layout.titles), text.fillna(_ABSENT), _bold(grid, layout.bold))


def to_markdown(matrix: Matrix) -> str:
    """The matrix as a Markdown table under its caption."""
    printed = _emphasize(matrix.cells, matrix.bold, "**{}**")
    printed = printed.rename(index=label, columns=label).rename_axis(matrix.corner)
    return f"{matrix.caption}\n\n{printed.to_markdown(disable_numparse=True)}\n"


def to_latex(matrix: Matrix) -> str:
    """The matrix as a LaTeX table; needs the package booktabs."""
    printed = _emphasize(matrix.cells.map(_escape), matrix.bold, "\\textbf{{{}}}")
    printed = printed.rename(index=_latex_label, columns=_latex_label)
    return printed.style.to_latex(
        hrules=True,
        column_format="l" + "c" * printed.shape[1],
        position="htbp",
        position_float="centering",
        caption=_escape(matrix.caption),
        label=f"tab:{matrix.label}",
    )


def document(matrices: Iterable[Matrix], write: Callable[[Matrix], str]) -> str:
    """All matrices below each other; empty without any."""
    return "\n\n".join(map(write, matrices)) + "\n"


def distinct(shown: pd.DataFrame, column: str) -> list[str]:
    """The values of a column in printing order, else in the order of the table."""
    values = list(dict.fromkeys(shown[column]))
    return sorted(values, key=SORT_KEYS[column]) if column in SORT_KEYS else values


def count_range(counts: "pd.Series[int]") -> str:
    """The smallest and the largest of some counts, or the one that they all are."""
    low, high = counts.min(), counts.max()
    return f"{low}" if low == high else f"{low} to {high}"


def _numbers(shown: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean, interval, spread over seeds and published number; a change has the mean alone."""
    mean = f"{metric}_mean" if f"{metric}_mean" in shown else metric
    columns = {"ours": mean, "low": f"{metric}_ci_low", "high": f"{metric}_ci_high"}
    columns |= {"spread": f"{metric}_seed_std", "published": f"published_{metric}"}
    return pd.DataFrame({name: shown.get(column) for name, column in columns.items()}, index=shown.index, dtype=float)


def _pivot(shown: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    matrix = shown.pivot(index=layout.rows, columns=layout.columns, values="number")
    matrix = matrix.reindex(index=distinct(shown, layout.rows), columns=distinct(shown, layout.columns))
    return matrix.rename_axis(index=None, columns=None)


def _cell(ours: float, low: float, high: float, spread: float, published: float) -> str:
    mean = f"{ours:.2f}" if pd.isna(spread) else f"{ours:.2f} ± {spread:.2f}"
    if pd.notna(published):
        return f"{mean} ({published:.2f}) {ours - published:+.2f}"
    return mean if pd.isna(low) else f"{mean} [{low:.2f}, {high:.2f}]"


def _bold(grid: dict[str, pd.DataFrame], rule: str) -> pd.DataFrame:
    mean = grid["ours"]
    if rule == OWN:
        own = [[row == column for column in mean.columns] for row in mean.index]
        return pd.DataFrame(own, index=mean.index, columns=mean.columns)
    if rule == LOWEST_IN_ROW:
        return _beats(grid["high"].T, grid["low"].T).T
    if rule == LOWEST_IN_COLUMN:
        return _beats(grid["high"], grid["low"])
    return _beats(-grid["low"], -grid["high"])


def _beats(worst: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """Cells whose worst value is smaller than the best one of every other cell in their column."""
    rivals = [best.drop(index=name).min() for name in best.index]
    return worst < pd.DataFrame(rivals, index=worst.index, columns=worst.columns)


def _caption(
    shown: pd.DataFrame, layout: Layout, metric: str, what: str, dataset: str, reference: str, numbers: pd.DataFrame
) -> str:
    cells = "mean ± standard deviation over SUP seeds" if numbers["spread"].notna().any() else "mean"
    cells += f" [95 % interval over {layout.units}]" if numbers["low"].notna().any() else ""
    if numbers["published"].notna().any():
        cells += ", or ours (published) difference"
    bold = ""
    if layout.bold == OWN:
        bold = f" Bold: {OWN}."
    elif numbers["low"].notna().any():
        bold = f" Bold: {layout.bold}, where its interval overlaps no other one's."
    attacks = shown[is_attack(shown)] if "source" in shown else shown
    seeds = (attacks if len(attacks) else shown)["n_seeds"]
    return (
        f"{METRIC_LABELS[metric]} on {label(dataset)} with respect to {_REFERENCE.get(reference, reference)}: "
        f"{what}; rows: {layout.titles[0]}, columns: {layout.titles[1]}. Cells: {cells}.{bold} "
        f"n = {count_range(shown['n_images'])} images, seeds: {count_range(seeds)}."
    )


def _emphasize(cells: pd.DataFrame, bold: pd.DataFrame, template: str) -> pd.DataFrame:
    return cells.where(~bold, cells.map(template.format))


def _escape(text: str) -> str:
    return text.translate(_LATEX_SPECIAL)


def _latex_label(name: str) -> str:
    return _escape(label(name))
