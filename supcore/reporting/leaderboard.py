"""Networks by how well they withstand perturbations: from the transfer table to a page that can be sorted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from supcore.reporting.labels import CLEAN, NOISE, label
from supcore.reporting.pages import render
from supcore.reporting.selection import average_seeds, by_best_reference, groups, is_attack
from supcore.sup_names import epsilon_text

Row = dict[str, Any]
# The networks that the SUPs of each source were optimized on.
Attacked = Mapping[str, Sequence[str]]

# The family of every network, None where nobody says it.
Families = Mapping[str, str | None]

# Heads of the page's columns, and which of them hold text; a narrow screen shows the first ones.
_COLUMNS = [("rank", ""), ("network", "text"), ("worst SUP", ""), ("from", "text"), ("family", "text")]
_COLUMNS += [("clean", ""), ("noise", ""), ("white-box", ""), ("transfer", ""), ("images", "")]


def leaderboard(table: pd.DataFrame, attacked: Attacked | None = None, families: Families | None = None) -> list[Row]:
    """One row per data set, network and epsilon, the most robust network first.

    Errors are D1 (%) against ground truth, or the clean prediction for data sets without it. The rank goes by the
    ``worst`` of all SUPs of that epsilon, whatever they were optimized on and whatever their size. Networks whose
    interval overlaps that of the first one of a rank share it: over the images at hand they cannot be told apart.

    Args:
        table: transfer table.
        attacked: the networks that each source attacks; by default the one that it is named after.
        families: how each network finds matches; those that it lacks have none.

    Returns:
        Rows of plain values: dataset, ``reference``, target, ``family`` (or None), epsilon, rank, ``clean`` (None
        against the clean prediction), ``noise`` (the worst over sizes), ``white_box`` (the worst SUP that was optimized
        on the network; None if there is none), ``transfer`` (mean over the other sources' worst SUPs; None if there are
        none), ``worst`` with its interval, source and size, and n_images, and ``n_sups``, how many were tried.
    """
    truth = average_seeds(by_best_reference(table))
    attacks = truth[is_attack(truth)]
    rows = []
    for (dataset, epsilon), cell in groups(attacks, ["dataset", "epsilon"]):
        same = truth[truth["dataset"] == dataset]
        found = [_row(same, rows_of_target, epsilon, attacked or {}) for _, rows_of_target in groups(cell, ["target"])]
        ranked = sorted(found, key=lambda row: (row["worst"], row["target"]))
        for rank, row in zip(_ranks(ranked), ranked, strict=True):
            rows.append(row | {"rank": rank, "family": (families or {}).get(row["target"])})
    return rows


def to_html(rows: list[Row], about: Mapping[str, str]) -> str:
    """The leaderboard as one HTML page without external parts; a click on a column's head sorts by it.

    Args:
        rows: of :func:`leaderboard`.
        about: lines that say what was run, e.g. mode and commit.
    """
    boards = [{"title": title, "rows": group} for title, group in _boards(rows)]
    return render("leaderboard.html.j2", boards=boards, columns=_COLUMNS, about=about)


def _row(same: pd.DataFrame, attacked: pd.DataFrame, epsilon: float, networks: Attacked) -> Row:
    target = str(attacked["target"].iloc[0])
    controls = same[same["target"] == target].set_index("source")["d1_mean"]
    noise = same[(same["target"] == target) & (same["source"] == NOISE) & (same["epsilon"] == epsilon)]
    by_source = attacked.groupby("source")["d1_mean"].max()
    own = by_source[[target in networks.get(str(source), [source]) for source in by_source.index]]
    transferred = by_source.drop(own.index)
    worst = attacked.sort_values("d1_mean", kind="stable").iloc[-1]
    return {
        "dataset": str(worst["dataset"]),
        "reference": str(worst["reference"]),
        "target": target,
        "epsilon": epsilon_text(epsilon),
        "clean": float(controls[CLEAN]) if CLEAN in controls else None,
        "noise": float(noise["d1_mean"].max()) if len(noise) else None,
        "white_box": float(own.max()) if len(own) else None,
        "transfer": float(transferred.mean()) if len(transferred) else None,
        "worst": float(worst["d1_mean"]),
        "worst_ci": [float(worst["d1_ci_low"]), float(worst["d1_ci_high"])],
        "worst_source": str(worst["source"]),
        "worst_size": str(worst["size"]),
        "n_images": int(worst["n_images"]),
        "n_sups": len(attacked),
    }


def _ranks(rows: list[Row]) -> Iterator[int]:
    first, rank = rows[0], 1
    for place, row in enumerate(rows, start=1):
        if row["worst_ci"][0] > first["worst_ci"][1]:
            first, rank = row, place
        yield rank


def _boards(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    names = list(dict.fromkeys((row["dataset"], row["epsilon"]) for row in rows))
    for dataset, epsilon in sorted(names, key=lambda name: (name[0], -float(name[1]))):
        same = [row for row in rows if (row["dataset"], row["epsilon"]) == (dataset, epsilon)]
        against = ", against the clean prediction" if same[0]["reference"] == "clean" else ""
        yield f"{label(dataset)}, ε = {epsilon}{against}", same
