"""Printed tables of the transfer table: source against target, and sizes against target."""

from collections.abc import Iterator

import pandas as pd

from supcore.reporting.labels import CLEAN, format_epsilon, label
from supcore.reporting.matrix import HIGHEST_IN_COLUMN, OWN, Layout, Matrix, arrange
from supcore.reporting.selection import at_attack, average_seeds, groups, is_attack

_TRANSFER = Layout("source", "target", ("source", "attacked network"), OWN)
_SIZES = Layout("size", "target", ("size", "attacked network"), HIGHEST_IN_COLUMN)


def transfer_matrices(table: pd.DataFrame, metric: str = "d1") -> list[Matrix]:
    """One matrix per (data set, size, epsilon, reference) of a transfer table, averaged over seeds.

    Args:
        table: transfer table as :func:`supcore.reporting.transfer.transfer_table` returns it.
        metric: "d1" (percent) or "epe" (pixels).
    """
    averaged = average_seeds(table)
    attacked = averaged[averaged["source"] != CLEAN]
    arranged = []
    for (dataset, size, epsilon, reference), _ in groups(attacked, ["dataset", "size", "epsilon", "reference"]):
        same = averaged[(averaged["dataset"] == dataset) & (averaged["reference"] == reference)]
        bound = format_epsilon(epsilon)
        what = f"{size} perturbations, epsilon {bound}"
        arranged.append(arrange(at_attack(same, size, epsilon), _TRANSFER, f"transfer-{size}-{bound}", what, metric))
    return arranged


def size_matrices(table: pd.DataFrame, metric: str = "d1") -> list[Matrix]:
    """One matrix per (data set, source, epsilon, reference) for the sources of SUPs in several sizes.

    Args:
        table: transfer table.
        metric: "d1" (percent) or "epe" (pixels).
    """
    arranged = []
    for shown in sizes_of_sources(table):
        source, epsilon = shown[["source", "epsilon"]].iloc[0]
        name = f"sizes-{source}-{format_epsilon(epsilon)}"
        what = f"SUPs from {label(source)} in several sizes, epsilon {format_epsilon(epsilon)}"
        arranged.append(arrange(shown, _SIZES, name, what, metric))
    return arranged


def sizes_of_sources(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rows of a transfer table by (data set, source, epsilon, reference) that hold more than one size."""
    averaged = average_seeds(table)
    for _, shown in groups(averaged[is_attack(averaged)], ["dataset", "source", "epsilon", "reference"]):
        if shown["size"].nunique() > 1:
            yield shown
