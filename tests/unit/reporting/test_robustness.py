"""Summaries over corruptions, with numbers worked out by hand."""

import pandas as pd
import pytest

from supcore.errors import SupError
from supcore.reporting.robustness import (
    corruption_errors,
    error_increases,
    relative_corruption_errors,
    resilience_rates,
)

CLEAN = {"base": 10.0, "ours": 5.0}
ERRORS = {  # at severities 1 and 2
    ("base", "fog"): (20.0, 40.0),
    ("base", "snow"): (30.0, 50.0),
    ("ours", "fog"): (10.0, 20.0),
    ("ours", "snow"): (15.0, 45.0),
}


@pytest.fixture
def table():
    rows = [
        (network, corruption, severity, error, CLEAN[network])
        for (network, corruption), errors in ERRORS.items()
        for severity, error in enumerate(errors, start=1)
    ]
    return pd.DataFrame(rows, columns=["network", "corruption", "severity", "error", "clean_error"])


def test_corruption_error_is_the_share_of_the_baselines_error(table):
    errors = corruption_errors(table, "base")
    assert errors.loc["ours"].to_dict() == {"fog": pytest.approx(100 * 30 / 60), "snow": pytest.approx(100 * 60 / 80)}
    assert errors.mean(axis=1).to_dict() == {"base": pytest.approx(100), "ours": pytest.approx(62.5)}


def test_relative_corruption_error_counts_only_the_loss(table):
    errors = relative_corruption_errors(table, "base")
    assert errors.loc["ours"].to_dict() == {"fog": pytest.approx(100 * 20 / 40), "snow": pytest.approx(100 * 50 / 60)}
    assert errors.loc["base"].to_list() == pytest.approx([100, 100])


def test_resilience_rate_is_the_share_of_the_accuracy_kept(table):
    rates = resilience_rates(table)
    assert rates.loc["base"].to_list() == pytest.approx([100 * (80 + 60) / 180, 100 * (70 + 50) / 180])
    assert rates.loc["ours"].to_list() == pytest.approx([100 * (90 + 80) / 190, 100 * (85 + 55) / 190])
    assert list(rates.columns) == ["fog", "snow"]


def test_increase_is_relative_to_the_clean_error(table):
    assert error_increases(table).loc["ours"].to_list() == pytest.approx([100 * 20 / 10, 100 * 50 / 10])


def test_summaries_do_not_depend_on_the_order_of_rows(table):
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(corruption_errors(shuffled, "base"), corruption_errors(table, "base"))


def test_a_missing_cell_is_named(table):
    """A sum over fewer severities would look better than it is."""
    with pytest.raises(SupError, match="no error for ours under snow, severity 2"):
        corruption_errors(table[:-1], "base")


def test_a_repeated_cell_is_named(table):
    with pytest.raises(SupError, match="two rows for base under fog, severity 1"):
        resilience_rates(pd.concat([table, table[:1]]))


def test_a_missing_column_is_named(table):
    with pytest.raises(SupError, match="lacks the column clean_error"):
        error_increases(table.drop(columns="clean_error"))


def test_unknown_baseline_is_refused(table):
    with pytest.raises(SupError, match="baseline network 'psmnet' is not in the table; it has base, ours"):
        corruption_errors(table, "psmnet")


def test_a_corruption_that_does_the_baseline_no_harm_has_no_relative_error(table):
    unharmed = table.assign(error=table["error"].where(table["corruption"] != "fog", table["clean_error"]))
    errors = relative_corruption_errors(unharmed, "base")
    assert errors["fog"].isna().all()
    assert errors.mean(axis=1).to_list() == errors["snow"].to_list()


def test_a_corruption_that_the_baseline_alone_withstands_has_no_errors(table):
    """A share of nothing would be infinite, and the mean with it."""
    base_in_fog = (table["corruption"] == "fog") & (table["network"] == "base")
    perfect = table.assign(error=table["error"].mask(base_in_fog, 0.0))
    unharmed = table.assign(error=table["error"].mask(base_in_fog, table["clean_error"]))
    for errors in (corruption_errors(perfect, "base"), relative_corruption_errors(unharmed, "base")):
        assert errors["fog"].isna().all()
        assert errors["snow"].notna().all()


@pytest.mark.parametrize("error", [-1.0, 130.0])
def test_resilience_rate_refuses_errors_that_are_no_percentage(table, error):
    with pytest.raises(SupError, match="D1 in percent"):
        resilience_rates(table.assign(error=error))


def test_nothing_can_be_kept_of_no_accuracy(table):
    assert resilience_rates(table.assign(clean_error=100.0)).isna().to_numpy().all()


def test_increase_of_no_error_is_undefined(table):
    with pytest.raises(SupError, match="clean error of 0"):
        error_increases(table.assign(clean_error=0.0))
