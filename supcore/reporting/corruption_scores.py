"""One number per network for all corruptions and severities, read off the table of the corruption study."""

from collections.abc import Iterable

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
SCORES = ["d1_ce", "d1_relative_ce", "d1_resilience", "epe_ce", "epe_relative_ce", "epe_increase"]

# Column of the printed table: a score of the mean row.
_PRINTED = {
    "d1": "clean D1 (%)",
    "d1_ce": "mCE of D1",
    "d1_relative_ce": "relative mCE of D1",
    "d1_resilience": "mRR (%)",
    "epe_ce": "mCE of EPE",
    "epe_increase": "mean increase of EPE (%)",
}


def corruption_scores(table: pd.DataFrame, baseline: str | None = None) -> pd.DataFrame:
    """Scores of every network under every corruption, and their means over the corruptions.

    Args:
        table: table of the corruption study. Its errors against ground truth on images without a perturbation count.
        baseline: network that corruption errors are relative to; by default the first of the table.

    Returns:
        One row per data set, network and corruption, and one with the corruption ``mean``: ``d1`` (percent) and
        ``epe`` (pixels) on clean images, and ``SCORES`` in percent: see :mod:`supcore.reporting.robustness`.

    Raises:
        SupError: a baseline without rows, or a network that lacks a corruption of the others.
    """
    truth = table[(table["reference"] == "ground_truth") & (table["source"] == CLEAN) & (table["n_images"] > 0)]
    parts = [
        _scores_of(rows, str(dataset), baseline or rows["target"].iloc[0])
        for dataset, rows in truth.groupby("dataset", sort=False)
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
        cells = means[list(_PRINTED)].rename(columns=_PRINTED).map("{:.2f}".format).rename_axis(None)
        caption = (
            f"Robustness to {rows['corruption'].nunique() - 1} corruptions on {label(str(dataset))}: corruption errors "
            f"in percent of those of {label(baseline or means.index[0])}, mRR the share of the clean accuracy that is "
            "kept. Relative errors leave out the corruptions that do that network no harm, and are unsteady where the "
            "harm is small."
        )
        yield Matrix(
            f"corruption-scores-{dataset}".replace("_", "-"),
            caption,
            "network \\ score",
            cells,
            pd.DataFrame(False, index=cells.index, columns=cells.columns),
        )


def _scores_of(rows: pd.DataFrame, dataset: str, baseline: str) -> pd.DataFrame:
    """The scores on one data set."""
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
    columns = {name: score.assign(**{MEAN: score.mean(axis=1)}).stack() for name, score in scores.items()}
    table = pd.DataFrame(columns).rename_axis(["network", "corruption"]).reset_index()
    order = [*dict.fromkeys(corrupted["corruption"]), MEAN]
    networks = list(dict.fromkeys(rows["target"]))
    rank = {"network": networks.index, "corruption": order.index}
    table = table.sort_values(list(rank), key=lambda values: values.map(rank[str(values.name)]))
    table = table.assign(
        dataset=dataset, d1=table["network"].map(clean["d1_mean"]), epe=table["network"].map(clean["epe_mean"])
    )
    return table[[*CELL, "d1", "epe", *SCORES]]
