"""The limits of the bootstrap, recomputed from the same draws."""

import inspect

import numpy as np
import pytest

from supcore.reporting.bootstrap import bootstrap_interval
from supcore.reporting.summary import CONDITION, summarize
from supcore.reporting.transfer import transfer_table
from supcore.seeding import numpy_generator


def limits_by_hand(values, generator, resamples):
    """2.5 and 97.5 % of the means over resampled rows, for each column."""
    chosen = generator.integers(len(values), size=(resamples, len(values)), dtype=np.int32)
    return np.percentile(values[chosen].mean(axis=1), [2.5, 97.5], axis=0)


def test_limits_are_the_2_5_and_97_5_percentiles_of_the_resampled_means():
    values = np.random.default_rng(0).gamma(2, 10, size=(40, 2))
    found = bootstrap_interval(values, np.random.default_rng(1), 500)
    np.testing.assert_allclose(found, limits_by_hand(values, np.random.default_rng(1), 500), rtol=1e-12)


def test_columns_share_their_resamples():
    """D1 and EPE of an image belong together."""
    values = np.random.default_rng(0).gamma(2, 10, size=(40, 1))
    found = bootstrap_interval(np.hstack((values, 3 * values)), np.random.default_rng(1), 500)
    np.testing.assert_allclose(found[:, 1], 3 * found[:, 0], rtol=1e-12)


def test_a_table_holds_the_limits_of_every_condition_s_own_stream(records):
    """Of both metrics, each in its own column."""
    table = summarize(records, bootstrap_resamples=300, seed=7)
    row = table[(table["source"] == "psmnet") & (table["target"] == "aanet")].iloc[0]
    key = [row[name] for name in (*CONDITION, "reference")]
    group = records[(records[[*CONDITION, "reference"]] == key).all(axis=1)].sort_values("image")
    generator = numpy_generator(7, "bootstrap", *key)
    low, high = limits_by_hand(group[["d1", "epe"]].to_numpy(), generator, 300)
    found = row[["d1_ci_low", "epe_ci_low", "d1_ci_high", "epe_ci_high"]].astype(float)
    np.testing.assert_allclose(found, [*low, *high], rtol=1e-12)
    np.testing.assert_allclose(
        row[["epe_mean", "epe_std"]].astype(float), [group["epe"].mean(), group["epe"].std(ddof=0)]
    )


@pytest.mark.parametrize(
    ("function", "argument"),
    [(bootstrap_interval, "resamples"), (summarize, "bootstrap_resamples"), (transfer_table, "bootstrap_resamples")],
)
def test_intervals_come_from_2000_resamples(function, argument):
    assert inspect.signature(function).parameters[argument].default == 2000


def test_images_are_counted_for_every_seed_by_itself(records):
    """``n_images`` is the number of images with valid pixels, neither of rows nor of all seeds together."""
    lost = records["seed"].eq(1).fillna(False) & records["image"].isin(["000001_10.png", "000004_10.png"])
    table = summarize(records.assign(n_valid=records["n_valid"].mask(lost, 0)), bootstrap_resamples=20)
    counts = table["n_images"].groupby(table["seed"].fillna(-1)).unique().map(list)
    assert counts.to_dict() == {-1: [5], 0: [5], 1: [3]}
