"""What a run shows, in numbers: everything that the landing page says about one."""

from typing import Any

import pandas as pd

from supcore.reporting.labels import CLEAN, NOISE
from supcore.reporting.leaderboard import Attacked, leaderboard
from supcore.reporting.selection import attack_rows, average_seeds, by_best_reference, is_attack, reference_note

Facts = dict[str, Any]

_ERROR = {"mean": "mean", "low": "ci_low", "high": "ci_high"}


def headline(table: pd.DataFrame, dataset: str, source: str, attacked: Attacked, name: tuple[str, float]) -> Facts:
    """D1 (%) of one network on one data set: clean, under noise, its own SUP, and SUPs made for other networks.

    Args:
        table: transfer table.
        dataset: the data set.
        source: of the SUP; the network is the first one that it attacks.
        attacked: the networks that each source attacks.
        name: size and epsilon of the perturbations.

    Returns:
        target, n_images, ``reference`` of the errors, and ``clean``, ``noise``, ``white_box`` and ``transfer`` as mean
        and 95 % interval, each None where it was not measured; ``transfer`` is the mean over its ``n_transfer``
        sources, without an interval.
    """
    size, epsilon = name
    target = attacked[source][0]
    truth = average_seeds(by_best_reference(table))
    rows = truth[(truth["dataset"] == dataset) & (truth["target"] == target)]
    same = rows[(rows["size"] == size) & (rows["epsilon"] == epsilon)].set_index("source")
    transferred = [name for name, networks in attacked.items() if name in same.index and target not in networks]
    clean = rows[rows["source"] == CLEAN].set_index("source")
    return {
        "target": target,
        "n_images": int(rows["n_images"].iloc[0]) if len(rows) else 0,
        "reference": str(rows["reference"].iloc[0]) if len(rows) else "",
        "clean": _error(clean, CLEAN),
        "noise": _error(same, NOISE),
        "white_box": _error(same, source),
        "transfer": {"mean": float(same.loc[transferred, "d1_mean"].mean())} if transferred else None,
        "n_transfer": len(transferred),
    }


def transfer_range(table: pd.DataFrame, attacked: Attacked) -> Facts:
    """The heat map in a sentence: smallest and largest D1 (%) by what was done to the images.

    Args:
        table: transfer table.
        attacked: the networks that each source attacks.

    Returns:
        size, epsilon, n_datasets, ``note`` on what stands against no ground truth, and for ``clean``, ``noise``,
        ``white_box`` and ``transfer`` SUPs the smallest and the largest error over data sets, networks and sources;
        None where there are none.
    """
    rows, size, epsilon = attack_rows(table, "ground_truth", None, None)
    sups = is_attack(rows)
    own = pd.Series(
        [target in attacked.get(source, ()) for target, source in zip(rows["target"], rows["source"], strict=True)],
        index=rows.index,
    )
    parts = {
        "clean": rows["source"] == CLEAN,
        "noise": rows["source"] == NOISE,
        "white_box": sups & own,
        "transfer": sups & ~own,
    }
    ranges = {name: _range(rows.loc[chosen, "d1_mean"]) for name, chosen in parts.items()}
    about = {"size": size, "epsilon": epsilon, "n_datasets": rows["dataset"].nunique(), "note": reference_note(rows)}
    return about | ranges


def resistance(table: pd.DataFrame, attacked: Attacked) -> list[Facts]:
    """By data set, the networks with the smallest and the largest error under their worst SUP.

    Returns:
        Dataset, epsilon (the largest), ``best`` and ``least`` as rows of the leaderboard, whether their intervals
        ``overlap``, and the other networks between them that share the first rank (``tied``); ``least`` is None for one
        network alone.
    """
    board = leaderboard(table, attacked)
    found = []
    for dataset in dict.fromkeys(row["dataset"] for row in board):
        rows = [row for row in board if row["dataset"] == dataset]
        epsilon = max((row["epsilon"] for row in rows), key=float)
        ranked = sorted((row for row in rows if row["epsilon"] == epsilon), key=lambda row: row["rank"])
        least = ranked[-1] if len(ranked) > 1 else None
        overlap = least is not None and ranked[0]["worst_ci"][1] >= least["worst_ci"][0]
        tied = [row["target"] for row in ranked[1:-1] if row["rank"] == ranked[0]["rank"]]
        about = {"dataset": dataset, "epsilon": epsilon, "best": ranked[0], "least": least}
        found.append(about | {"overlap": overlap, "tied": tied})
    return found


def agreement(comparison: pd.DataFrame) -> Facts:
    """How many published numbers were measured here, and with what verdict.

    Returns:
        n_published, n_measured, n_comparable, ``verdicts`` (how many have each) and the names of the paper's data sets.
    """
    verdicts = comparison.loc[comparison["ours"].notna(), "verdict"].value_counts().to_dict()
    measured = sum(verdicts.values())
    return {
        "n_published": len(comparison),
        "n_measured": measured,
        "n_comparable": measured - verdicts.get("not comparable", 0),
        "verdicts": verdicts,
        "datasets": list(dict.fromkeys(comparison["dataset"])),
    }


def _error(rows: pd.DataFrame, source: str) -> Facts | None:
    found = rows[rows.index == source].to_dict("records")
    if not found:
        return None
    return {name: float(found[0][f"d1_{column}"]) for name, column in _ERROR.items()}


def _range(values: "pd.Series[float]") -> Facts | None:
    return {"low": float(values.min()), "high": float(values.max())} if len(values) else None
