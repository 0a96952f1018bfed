"""Transfer results as a matrix of source against target, in Markdown and LaTeX."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from supcore.reporting.labels import CLEAN, METRIC_LABELS, format_epsilon, label, ordered
from supcore.reporting.selection import at_attack, average_seeds, is_attack

_REFERENCE = {"ground_truth": "ground truth", "clean": "the clean prediction"}
_ABSENT = "-"
_LATEX_SPECIAL = str.maketrans({character: f"\\{character}" for character in "&%$#_{}"})


@dataclass(frozen=True)
class Matrix:
    """One printed matrix.

    Attributes:
        dataset: data set evaluated on.
        size: size of the perturbations.
        epsilon: their bound in units of [0,1] intensity.
        reference: "ground_truth" or "clean".
        metric: "d1" or "epe".
        cells: printed cells; index: sources with the controls first, columns: targets.
        caption: what the cells mean, and the numbers of images and seeds.
    """

    dataset: str
    size: str
    epsilon: float
    reference: str
    metric: str
    cells: pd.DataFrame
    caption: str

    @property
    def label(self) -> str:
        """Identifier for cross references, unique among the matrices of a table."""
        parts = [self.dataset, self.size, format_epsilon(self.epsilon), self.reference, self.metric]
        return "-".join(["transfer", *parts]).replace("_", "-")


def matrices(table: pd.DataFrame, metric: str = "d1") -> list[Matrix]:
    """One matrix per (data set, size, epsilon, reference) of a transfer table, averaged over seeds.

    Args:
        table: transfer table as :func:`supcore.reporting.transfer.transfer_table` returns it.
        metric: "d1" (percent) or "epe" (pixels).
    """
    averaged = average_seeds(table)
    attacked = averaged[averaged["source"] != CLEAN]
    keys = attacked[["dataset", "size", "epsilon", "reference"]].drop_duplicates()
    arranged = []
    for dataset, size, epsilon, reference in keys.itertuples(index=False):
        same = averaged[(averaged["dataset"] == dataset) & (averaged["reference"] == reference)]
        shown = at_attack(same, size, epsilon)
        caption = _caption(shown, dataset, size, epsilon, reference, metric)
        arranged.append(Matrix(dataset, size, epsilon, reference, metric, _cells(shown, metric), caption))
    return arranged


def to_markdown(matrix: Matrix) -> str:
    """The matrix as a Markdown table under its caption."""
    printed = _mark_diagonal(matrix.cells, "**{}**")
    printed = printed.rename(index=label, columns=label).rename_axis("source \\ target")
    return f"{matrix.caption}\n\n{printed.to_markdown(disable_numparse=True)}\n"


def to_latex(matrix: Matrix) -> str:
    """The matrix as a LaTeX table; needs the package booktabs."""
    escaped = matrix.cells.map(_escape)
    printed = _mark_diagonal(escaped, "\\textbf{{{}}}")
    printed = printed.rename(index=_latex_label, columns=_latex_label)
    return printed.style.to_latex(
        hrules=True,
        column_format="l" + "c" * printed.shape[1],
        position="htbp",
        position_float="centering",
        caption=_escape(matrix.caption),
        label=f"tab:{matrix.label}",
    )


def _cells(shown: pd.DataFrame, metric: str) -> pd.DataFrame:
    printed = shown.assign(cell=[_cell(row, metric) for row in shown.to_dict("records")])
    matrix = printed.pivot(index="source", columns="target", values="cell")
    matrix = matrix.reindex(index=ordered(matrix.index), columns=ordered(matrix.columns)).fillna(_ABSENT)
    return matrix.rename_axis(index=None, columns=None)


def _cell(row: dict[Any, Any], metric: str) -> str:
    ours, published = row[f"{metric}_mean"], row[f"published_{metric}"]
    if pd.isna(published):
        return f"{ours:.2f} [{row[f'{metric}_ci_low']:.2f}, {row[f'{metric}_ci_high']:.2f}]"
    return f"{ours:.2f} ({published:.2f}) {ours - published:+.2f}"


def _caption(shown: pd.DataFrame, dataset: str, size: str, epsilon: float, reference: str, metric: str) -> str:
    cells = "mean [95 % interval over images]"
    if shown[f"published_{metric}"].notna().any():
        cells += ", or ours (published) difference"
    attacks = shown[is_attack(shown)]
    seeds = (attacks if len(attacks) else shown)["n_seeds"]
    against = _REFERENCE.get(reference, reference)
    return (
        f"{METRIC_LABELS[metric]} on {label(dataset)} with respect to {against}: "
        f"{size} perturbations, epsilon {format_epsilon(epsilon)}; rows: source, columns: attacked network. "
        f"Cells: {cells}. n = {_range(shown['n_images'])} images, seeds: {_range(seeds)}."
    )


def _range(counts: "pd.Series[int]") -> str:
    low, high = counts.min(), counts.max()
    return f"{low}" if low == high else f"{low} to {high}"


def _mark_diagonal(cells: pd.DataFrame, template: str) -> pd.DataFrame:
    marked = cells.copy()
    for name in cells.index.intersection(cells.columns):
        marked.loc[name, name] = template.format(cells.loc[name, name])
    return marked


def _escape(text: str) -> str:
    return text.translate(_LATEX_SPECIAL)


def _latex_label(name: str) -> str:
    return _escape(label(name))
