"""Parts of the transfer table that matrices and figures show."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from supcore.errors import SupError
from supcore.reporting.labels import CLEAN, NOISE, label, size_key

_CELL = ["dataset", "target", "source", "size", "epsilon", "reference"]


def average_seeds(table: pd.DataFrame, labels: Sequence[str] = ()) -> pd.DataFrame:
    """Average the statistics of each cell over its seeds; rows without a usable image are left out.

    Interval limits are averaged too: they keep describing the choice of images. The spread over seeds is a column of
    its own.

    Args:
        table: transfer table, or the table of a study.
        labels: the study's further columns.

    Returns:
        The table's rows in their order without ``seed``, with ``n_images`` (the fewest of any seed), ``n_seeds``, and
        for each ``<metric>_mean`` its standard deviation over the seeds as ``<metric>_seed_std`` (NaN for one seed).
    """
    used = table[table["n_images"] > 0]
    numbers = used.select_dtypes("number").columns
    cell = [*_CELL, *labels]
    statistics = [column for column in numbers if column not in {*cell, "seed", "n_images"}]
    cells = used.groupby(cell, sort=False)
    averaged = cells[statistics].mean()
    means = [column for column in statistics if column.endswith("_mean")]
    averaged[[column.replace("_mean", "_seed_std") for column in means]] = cells[means].std()
    averaged["n_images"] = cells["n_images"].min()
    averaged["n_seeds"] = cells.size()
    return averaged.reset_index()


def groups(table: pd.DataFrame, columns: Sequence[str]) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Values of the columns and the rows that have them, in the order of the table."""
    yield from table.groupby(list(columns), sort=False)


def is_attack(table: pd.DataFrame) -> "pd.Series[bool]":
    """Rows of a perturbation made for a network: neither clean images nor random noise."""
    return ~table["source"].isin([CLEAN, NOISE])


def by_best_reference(table: pd.DataFrame) -> pd.DataFrame:
    """The rows against ground truth, and for data sets that have none those against the clean prediction."""
    against_truth = (table["reference"] == "ground_truth") & (table["n_images"] > 0)
    has_truth = table["dataset"].isin(table.loc[against_truth, "dataset"].unique())
    return table[table["reference"] == has_truth.map({True: "ground_truth", False: "clean"})]


def reference_note(rows: pd.DataFrame) -> str:
    """What of rows by the best reference does not stand against ground truth; empty if all do."""
    without = [label(name) for name in dict.fromkeys(rows.loc[rows["reference"] == "clean", "dataset"])]
    if not without:
        return ""
    named = "" if len(without) == rows["dataset"].nunique() else f"{', '.join(without)} "
    return f"{named}against the clean prediction"


def usable_rows(table: pd.DataFrame, reference: str, dataset: str | None = None) -> pd.DataFrame:
    """The rows of one reference, and of one data set if given, averaged over seeds.

    Data sets without ground truth have the rows of their best reference where ground truth is asked for.

    Raises:
        SupError: there are none.
    """
    chosen = by_best_reference(table) if reference == "ground_truth" else table[table["reference"] == reference]
    if dataset is not None:
        chosen = chosen[chosen["dataset"] == dataset]
    rows = average_seeds(chosen)
    if rows.empty:
        wanted = " ".join(filter(None, [dataset, reference]))
        raise SupError(f"transfer table: no usable rows for {wanted}; evaluate it before drawing")
    return rows


def attack_rows(
    table: pd.DataFrame, reference: str, size: str | None, epsilon: float | None
) -> tuple[pd.DataFrame, str, float]:
    """The usable rows of one size and epsilon with their clean rows, and the size and epsilon chosen.

    Raises:
        SupError: there are none.
    """
    rows = usable_rows(table, reference)
    size = choose_size(rows, size)
    of_size = rows[rows["size"] == size]
    epsilon = float(of_size["epsilon"].max()) if epsilon is None else epsilon
    if epsilon not in set(of_size["epsilon"]):
        raise SupError(f"transfer table: no {size} perturbation at epsilon {epsilon}; choose an evaluated one")
    return at_attack(rows, size, epsilon), size, epsilon


def at_attack(table: pd.DataFrame, size: str, epsilon: float) -> pd.DataFrame:
    """The rows with perturbations of this size and epsilon, and the clean rows they are read against."""
    chosen = (table["size"] == size) & (table["epsilon"] == epsilon)
    return table[chosen | (table["source"] == CLEAN)]


def choose_size(table: pd.DataFrame, size: str | None = None) -> str:
    """``size``, or where it is None the one that most sources have; of several, the smallest.

    Raises:
        SupError: the table holds no perturbation, or none of this size.
    """
    present = sorted(set(table.loc[table["source"] != CLEAN, "size"]), key=size_key)
    if not present:
        raise SupError("transfer table: holds clean images only; evaluate a perturbation before drawing it")
    if size is not None and size not in present:
        raise SupError(f"transfer table: no perturbation of size {size}; choose one of {', '.join(present)}")
    sources = table[table["source"] != CLEAN].groupby("size")["source"].nunique()
    return size or max(present, key=sources.__getitem__)
