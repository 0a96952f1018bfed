"""Printed tables of the transfer table: source against target."""

import pandas as pd

from supcore.reporting.labels import CLEAN
from supcore.reporting.matrix import OWN, Layout, Matrix, arrange
from supcore.reporting.selection import at_attack, average_seeds, groups
from supcore.sup_names import epsilon_text

_TRANSFER = Layout("source", "target", ("source", "attacked network"), OWN)


def transfer_matrices(table: pd.DataFrame, metric: str = "d1") -> list[Matrix]:
    """One matrix per (data set, size, epsilon, reference) of a transfer table, averaged over seeds.

    Args:
        table: transfer table as :func:`supcore.reporting.transfer.transfer_table` returns it.
        metric: "d1" (percent), "epe" (pixels), or another one that the table has.
    """
    averaged = average_seeds(table)
    attacked = averaged[averaged["source"] != CLEAN]
    arranged = []
    for (dataset, size, epsilon, reference), _ in groups(attacked, ["dataset", "size", "epsilon", "reference"]):
        same = averaged[(averaged["dataset"] == dataset) & (averaged["reference"] == reference)]
        bound = epsilon_text(epsilon)
        what = f"{size} perturbations, epsilon {bound}"
        arranged.append(arrange(at_attack(same, size, epsilon), _TRANSFER, f"transfer-{size}-{bound}", what, metric))
    return arranged
