"""The corruption study in one number per network."""

import pandas as pd
import pytest

from supcore.errors import SupError
from supcore.reporting.corruption_scores import corruption_scores, score_matrices
from supcore.reporting.matrix import to_markdown

ERRORS = {  # D1 without a corruption, under fog at severities 1 and 2, under snow at severity 1
    "psmnet": (2.0, 4.0, 8.0, 10.0),
    "aanet": (4.0, 4.0, 6.0, 5.0),
}


@pytest.fixture
def table():
    conditions = [("none", 0), ("fog", 1), ("fog", 2), ("snow", 1)]
    factors = {("psmnet", "ground_truth"): 10, ("psmnet", "clean"): 10, ("none", "clean"): 2}
    rows = [
        ("kitti2015", network, source, corruption, severity, reference, 3, factors.get((source, reference), 1) * error)
        for network, errors in ERRORS.items()
        for source in ("none", "psmnet")
        for reference in ("ground_truth", "clean")
        for (corruption, severity), error in zip(conditions, errors, strict=True)
    ]
    columns = ["dataset", "target", "source", "corruption", "severity", "reference", "n_images", "d1_mean"]
    return pd.DataFrame(rows, columns=columns).assign(epe_mean=lambda rows: rows["d1_mean"] / 10)


def test_scores_by_hand(table):
    scores = corruption_scores(table).set_index(["network", "corruption"])
    assert list(scores.index) == [(n, c) for n in ERRORS for c in ("fog", "snow", "mean")]
    aanet = scores.loc["aanet"]
    assert aanet["d1_ce"].to_list() == pytest.approx([100 * 10 / 12, 50, (100 * 10 / 12 + 50) / 2])
    assert aanet["d1_relative_ce"].to_list() == pytest.approx([100 * 2 / 8, 100 * 1 / 8, 18.75])
    assert aanet.loc["fog", "d1_resilience"] == pytest.approx(100 * (96 + 94) / 192)
    assert aanet.loc["snow", "epe_increase"] == pytest.approx(25)
    assert aanet["d1"].to_list() == [4, 4, 4]
    assert scores.loc[("psmnet", "mean"), "d1_ce"] == 100


def test_another_baseline(table):
    scores = corruption_scores(table, "aanet").set_index(["network", "corruption"])
    assert scores.loc[("aanet", "mean"), "d1_ce"] == 100
    assert scores.loc[("psmnet", "snow"), "d1_ce"] == pytest.approx(200)


def test_a_baseline_that_was_not_evaluated_is_named(table):
    with pytest.raises(SupError, match="baseline network 'gwcnet' is not in the table; it has"):
        corruption_scores(table, "gwcnet")


def test_changes_are_means_over_severities_and_then_over_corruptions(table):
    """Twice the errors against ground truth, in this table."""
    scores = corruption_scores(table).set_index(["network", "corruption"])
    assert scores.loc["psmnet", "d1_change"].to_list() == [2 * 6, 2 * 10, 16]
    assert scores.loc[("aanet", "mean"), "epe_change"] == pytest.approx(1)


def test_without_ground_truth_the_changes_are_all(table):
    scores = corruption_scores(table[table["reference"] == "clean"])
    assert scores["d1_change"].to_list() == [12, 20, 16, 10, 10, 10]
    assert scores[["d1", "epe", "d1_ce", "d1_resilience"]].isna().all(axis=None)
    (matrix,) = score_matrices(scores)
    assert matrix.cells.loc["aanet"].to_list() == ["-"] * 6 + ["10.00"]


def test_conditions_without_a_usable_image_give_no_score(table):
    assert corruption_scores(table.assign(n_images=0)).empty


def test_printed_scores_are_the_means_over_corruptions(table):
    (matrix,) = score_matrices(corruption_scores(table))
    assert matrix.cells.loc["aanet"].to_dict() == {
        "clean D1 (%)": "4.00",
        "mCE of D1": "66.67",
        "relative mCE of D1": "18.75",
        "mRR (%)": "98.96",
        "mCE of EPE": "66.67",
        "mean increase of EPE (%)": "25.00",
        "mean D1 against the clean prediction (%)": "10.00",
    }


def test_printed_means(table):
    (matrix,) = score_matrices(corruption_scores(table))
    text = to_markdown(matrix)
    assert "2 corruptions on KITTI 2015" in text
    assert "percent of those of PSMNet" in text
    assert "| AANet " in text
    assert f"{(100 * 10 / 12 + 50) / 2:.2f}" in text
