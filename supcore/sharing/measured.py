"""What a shared file does, from the transfer table of its run."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from supcore.errors import SupError
from supcore.reporting.labels import CLEAN, NOISE, label
from supcore.reporting.selection import average_seeds, is_attack
from supcore.reporting.transfer import read_table
from supcore.sharing.facts import SharedFile
from supcore.sup_names import epsilon_text

_ERRORS = ["data set", "network", "against", "SUP", "metric", "clean images", "random noise", "under the SUP"]


def measured_errors(shared: SharedFile, transfer: str | Path) -> list[str]:
    """Errors with both controls as a Markdown table, and what they are.

    Raises:
        SupError: the table cannot be used, or has no row about the file.
    """
    table = average_seeds(_of_seed(read_table(transfer), shared))
    about = table["source"] == shared.name if shared.kind == "sup" else table["target"] == shared.name
    rows = table[about & is_attack(table)]
    if shared.kind == "sup":
        size, epsilon, _ = shared.cell
        rows = rows[(rows["size"] == size) & (rows["epsilon"] == epsilon)]
    if rows.empty:
        raise SupError(f"{transfer}: has no row about {shared.path}; give the transfer table of its run")
    cells = pd.DataFrame(_cells(rows, table), columns=_ERRORS)
    cells = cells.drop(columns="SUP") if shared.kind == "sup" else cells
    note = (
        "Means over images with their 95 % bootstrap intervals. Noise has the size and the epsilon of the SUP. D1 is "
        "the share of the pixels that are off by more than 3 px and 5 %, in percent; EPE is the mean error in pixels. "
        "Clean images have no error against the network's own prediction on them."
    )
    return [cells.to_markdown(index=False, disable_numparse=True), note]


def _of_seed(table: pd.DataFrame, shared: SharedFile) -> pd.DataFrame:
    """Without the SUPs of other seeds, where the seed is known; noise is the mean over its own."""
    seed = shared.cell[2]
    return table if seed is None else table[~is_attack(table) | (table["seed"] == seed).fillna(False)]


def _cells(rows: pd.DataFrame, table: pd.DataFrame) -> Iterator[list[str]]:
    for row in rows.to_dict("records"):
        same = table[(table["dataset"] == row["dataset"]) & (table["target"] == row["target"])]
        same = same[same["reference"] == row["reference"]]
        noise = same[(same["source"] == NOISE) & (same["size"] == row["size"]) & (same["epsilon"] == row["epsilon"])]
        for metric, name in (("d1", "D1 (%)"), ("epe", "EPE (px)")):
            controls = [_text(found, metric) for found in (same[same["source"] == CLEAN], noise)]
            sup = f"{label(row['source'])}, {row['size']}, {epsilon_text(row['epsilon'])}"
            against = {"clean": "clean prediction"}.get(row["reference"], row["reference"].replace("_", " "))
            names = [label(row["dataset"]), label(row["target"]), against, sup, name]
            yield [*names, *controls, _text(pd.DataFrame([row]), metric)]


def _text(rows: pd.DataFrame, metric: str) -> str:
    if rows.empty:
        return "-"
    mean, low, high = (rows[f"{metric}_{name}"].iloc[0] for name in ("mean", "ci_low", "ci_high"))
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"
