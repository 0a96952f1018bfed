"""One leaderboard of networks that several people evaluated under the same SUPs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from supcore.errors import SupError
from supcore.reporting.labels import CLEAN
from supcore.reporting.leaderboard import Row, leaderboard
from supcore.reporting.transfer import read_table
from supcore.sup_names import epsilon_text

_SHOWN = ["rank", "network", "clean", "noise", "worst", "from", "SUPs", "images"]


def merged_leaderboard(paths: Sequence[str | Path]) -> list[Row]:
    """Rank the networks of several transfer tables together, as :func:`supcore.reporting.leaderboard.leaderboard` does.

    Args:
        paths: transfer tables; each network stands in one of them.

    Raises:
        SupError: a network in two tables, or networks that were not evaluated under the same perturbations on the same
            number of images: their worst errors cannot be compared.
    """
    tables = {str(path): read_table(path) for path in dict.fromkeys(map(str, paths))}
    found: dict[tuple[str, str], str] = {}
    for path, table in tables.items():
        for cell in dict.fromkeys(zip(table["dataset"], table["target"], strict=True)):
            if cell in found:
                raise SupError(
                    f"{path}: {cell[1]} on {cell[0]} stands in {found[cell]}, too; rename the network in one of them"
                )
            found[cell] = path
    merged = pd.concat(tables.values(), ignore_index=True)
    for dataset, rows in merged.groupby("dataset", sort=False):
        _refuse_unequal(str(dataset), rows, found)
    return leaderboard(merged)


def to_text(rows: Sequence[Row]) -> str:
    """The leaderboard as it is printed: one block for each data set and epsilon."""
    blocks = []
    for key in dict.fromkeys((row["dataset"], row["epsilon"], row["reference"]) for row in rows):
        same = [row for row in rows if (row["dataset"], row["epsilon"], row["reference"]) == key]
        against = "ground truth" if key[2] == "ground_truth" else "the clean prediction"
        table = pd.DataFrame([_shown(row) for row in same], columns=_SHOWN)
        blocks.append(f"{key[0]}, epsilon {key[1]}, D1 (%) against {against}\n{table.to_string(index=False)}\n")
    return "\n".join(blocks)


def to_table(rows: Sequence[Row]) -> pd.DataFrame:
    """The leaderboard as a table of plain columns."""
    plain = [{**row, "worst_ci_low": row["worst_ci"][0], "worst_ci_high": row["worst_ci"][1]} for row in rows]
    return pd.DataFrame(plain).drop(columns="worst_ci")


def _shown(row: Row) -> list[str]:
    low, high = row["worst_ci"]
    errors = ["-" if row[name] is None else f"{row[name]:.2f}" for name in ("clean", "noise")]
    worst = f"{row['worst']:.2f} [{low:.2f}, {high:.2f}]"
    counts = [str(row["n_sups"]), str(row["n_images"])]
    return [str(row["rank"]), row["target"], *errors, worst, f"{row['worst_source']} {row['worst_size']}", *counts]


def _refuse_unequal(dataset: str, rows: pd.DataFrame, found: dict[tuple[str, str], str]) -> None:
    """A network that met fewer SUPs, or other images, would look better."""
    first, wanted = "", set()
    for target, own in rows.groupby("target", sort=False):
        met = {_condition(row) for row in own.to_dict("records")}
        if not first:
            first, wanted = str(target), met
        elif met != wanted:
            what = ", ".join(sorted(met ^ wanted)[:2])
            raise SupError(
                f"{found[dataset, str(target)]}: {target} and {first} were not evaluated on {dataset} under the same "
                f"perturbations and images ({what}); evaluate both against the same collection"
            )


def _condition(row: Mapping[Any, Any]) -> str:
    name = f"{row['source']} {row['size']} {epsilon_text(row['epsilon'])} seed {row['seed']}"
    name = row["source"] if row["source"] == CLEAN else name
    return f"{name} against {row['reference']} on {row['n_images']} images"
