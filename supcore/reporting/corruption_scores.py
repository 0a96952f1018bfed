"""One number per network for all corruptions and severities, read off the table of the corruption study."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from supcore.reporting.labels import CLEAN, NO_CORRUPTION, label
from supcore.reporting.matrix import Matrix
from supcore.reporting.robustness import (
    corruption_errors,
    error_increases,
    relative_corruption_errors,
    resilience_rates,
)

MEAN = "mean"
CELL = ["dataset", "network", "corruption"]
_CHANGES = {"d1_mean": "d1_change", "epe_mean": "epe_change"}
SCORES = ["d1_ce", "d1_relative_ce", "d1_resilience", "epe_ce", "epe_relative_ce", "epe_increase", *_CHANGES.values()]

# Column of the printed table: a score of the mean row.
_PRINTED = {
    "d1": "clean D1 (%)",
    "d1_ce": "mCE of D1",
    "d1_relative_ce": "relative mCE of D1",
    "d1_resilience": "mRR (%)",
    "epe_ce": "mCE of EPE",
    "epe_increase": "mean increase of EPE (%)",
    "d1_change": "mean D1 against the clean prediction (%)",
}


def corruption_scores(table: pd.DataFrame, baseline: str | None = None) -> pd.DataFrame:
    """Scores of every network under every corruption, and their means over the corruptions.

    Args:
        table: table of the corruption study. Its errors on images without a perturbation count.
        baseline: network that corruption errors are relative to; by default the first of the table.

    Returns:
        One row per data set, network and corruption, and one with the corruption ``mean``: ``d1`` (percent) and
        ``epe`` (pixels) on clean images, and ``SCORES``: those against ground truth in percent, see
        :mod:`supcore.reporting.robustness`, and the mean D1 (percent) and EPE (pixels) against the network's own clean
        prediction, RobustSpring's reading. What a data set has no reference for is empty.

    Raises:
        SupError: a baseline without rows, or a network that lacks a corruption of the others.
    """
    unperturbed = table[(table["source"] == CLEAN) & (table["n_images"] > 0)]
    parts = [
        _scores_of(rows, str(dataset), baseline)
        for dataset, rows in unperturbed.groupby("dataset", sort=False)
        if (rows["corruption"] != NO_CORRUPTION).any()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*CELL, "d1", "epe", *SCORES])


def score_matrices(scores: pd.DataFrame, baseline: str | None = None) -> Iterable[Matrix]:
    """The mean scores as one printed table per data set.

    Args:
        scores: what :func:`corruption_scores` returned.
        baseline: as there.
    """
    for dataset, rows in scores.groupby("dataset", sort=False):
        means = rows[rows["corruption"] == MEAN].set_index("network")
        cells = means[list(_PRINTED)].rename(columns=_PRINTED).map(_printed).rename_axis(None)
        caption = (
            f"Robustness to {rows['corruption'].nunique() - 1} corruptions on {label(str(dataset))}: corruption errors "
            f"in percent of those of {label(baseline or means.index[0])}, mRR the share of the clean accuracy that is "
            "kept. Relative errors leave out the corruptions that do that network no harm, and are unsteady where the "
            "harm is small. The last column is how far predictions move, and needs no ground truth."
        )
        yield Matrix(
            f"corruption-scores-{dataset}".replace("_", "-"),
            caption,
            "network \\ score",
            cells,
            pd.DataFrame(False, index=cells.index, columns=cells.columns),
        )


def _printed(score: float) -> str:
    return "-" if pd.isna(score) else f"{score:.2f}"


def _scores_of(rows: pd.DataFrame, dataset: str, baseline: str | None) -> pd.DataFrame:
    """The scores on one data set."""
    truth = rows[rows["reference"] == "ground_truth"]
    corrupted = rows[rows["corruption"] != NO_CORRUPTION].rename(columns={"target": "network"})
    changes = corrupted[corrupted["reference"] == "clean"].groupby(["network", "corruption"])[[*_CHANGES]].mean()
    parts = {name: _with_mean(changes[column].unstack()) for column, name in _CHANGES.items()}
    if (truth["corruption"] != NO_CORRUPTION).any():
        parts |= _against_truth(truth, baseline or truth["target"].iloc[0])
    table = pd.DataFrame(parts).rename_axis(["network", "corruption"]).reset_index()
    order = [*dict.fromkeys(corrupted["corruption"]), MEAN]
    networks = list(dict.fromkeys(rows["target"]))
    rank = {"network": networks.index, "corruption": order.index}
    table = table.sort_values(list(rank), key=lambda values: values.map(rank[str(values.name)]))
    clean = truth[truth["corruption"] == NO_CORRUPTION].set_index("target")
    for metric in ("d1", "epe"):
        table[metric] = table["network"].map(clean[f"{metric}_mean"])
    return table.assign(dataset=dataset).reindex(columns=[*CELL, "d1", "epe", *SCORES])


def _against_truth(rows: pd.DataFrame, baseline: str) -> dict[str, Any]:
    clean = rows[rows["corruption"] == NO_CORRUPTION].set_index("target")
    corrupted = rows[rows["corruption"] != NO_CORRUPTION].rename(columns={"target": "network"})
    scores = {}
    for metric in ("d1", "epe"):
        errors = corrupted.assign(
            error=corrupted[f"{metric}_mean"], clean_error=corrupted["network"].map(clean[f"{metric}_mean"])
        )
        scores[f"{metric}_ce"] = corruption_errors(errors, baseline)
        scores[f"{metric}_relative_ce"] = relative_corruption_errors(errors, baseline)
        if metric == "d1":
            scores["d1_resilience"] = resilience_rates(errors)
        else:
            scores["epe_increase"] = error_increases(errors)
    return {name: _with_mean(score) for name, score in scores.items()}


def _with_mean(score: pd.DataFrame) -> Any:
    """A row per network and a column per corruption as one column, with the mean over the corruptions."""
    return score.assign(**{MEAN: score.mean(axis=1)}).stack()
