"""Published numbers beside ours: none lost, none invented, verdicts at the stated tolerance."""

from pathlib import Path

import pandas as pd
import pytest

from supcore.reporting.comparison import COLUMNS, compare, measured_transfer
from supcore.reporting.published import load_published

PUBLISHED = load_published(Path(__file__).resolve().parents[3] / "resources/published")


def transfer(**changes):
    """One row of a transfer table: AANet under its own SUP on KITTI 2015."""
    row = {"dataset": "kitti2015", "target": "aanet", "source": "aanet", "size": "tile64", "epsilon": 0.02, "seed": 0}
    row |= {"reference": "ground_truth", "n_images": 40, "d1_std": 1.0, "epe_std": 1.0}
    row |= {"d1_mean": 50.0, "d1_ci_low": 45.0, "d1_ci_high": 55.0, "epe_mean": 10.0}
    row |= {"epe_ci_low": 9.0, "epe_ci_high": 11.0, "published_d1": None, "published_epe": None}
    return pd.DataFrame([row | changes])


def find(table, **key):
    chosen = table
    for name, value in key.items():
        chosen = chosen[chosen[name] == value]
    return chosen


def test_every_published_number_stands_in_the_table_even_if_nothing_was_run():
    table = compare(PUBLISHED, [])
    assert list(table.columns) == COLUMNS
    counted = len(PUBLISHED.line_plots) + 4 * len(PUBLISHED.readme_runs) + 2 * len(PUBLISHED.readme_classwise)
    counted += len(PUBLISHED.sampling_efficiency) + len(PUBLISHED.corruptions)
    assert len(table) == counted
    assert table["ours"].isna().all()
    assert set(table["verdict"]) == {""}
    assert table["published"].notna().all()


def test_ours_stands_at_every_place_where_the_paper_repeats_the_number():
    table = compare(PUBLISHED, [measured_transfer(transfer())])
    cell = find(table, dataset="kitti2015", target="aanet", source="aanet", size="tile64", epsilon=0.02, metric="d1")
    plain = find(cell, condition="", reference="ground_truth")
    assert set(plain["origin"]) == {"P04", "P07", "P17", "P21", "README"}
    assert plain["ours"].tolist() == [50.0] * 5
    assert plain["difference"].tolist() == pytest.approx([50 - 48.4298] * 5)
    assert plain["n_images"].tolist() == [40] * 5
    assert find(cell, condition="finetuned_new")["ours"].isna().all()
    assert table["ours"].notna().sum() == 6  # and the README's EPE


@pytest.mark.parametrize(
    ("ours", "verdict"), [(53.27, "agrees"), (53.28, "differs"), (43.59, "agrees"), (43.58, "differs")]
)
def test_large_numbers_agree_within_a_tenth(ours, verdict):
    """48.4298 ± 4.84298."""
    table = compare(PUBLISHED, [measured_transfer(transfer(d1_mean=ours))])
    assert set(find(table, origin="P04", ours=ours)["verdict"]) == {verdict}


@pytest.mark.parametrize(("ours", "verdict"), [(2.4686, "agrees"), (2.47, "differs")])
def test_small_numbers_agree_within_the_floor(ours, verdict):
    """The clean 1.4687 % of AANet, within one point."""
    clean = transfer(source="none", size="", epsilon=0.0, seed=pd.NA, d1_mean=ours)
    table = compare(PUBLISHED, [measured_transfer(clean)])
    assert set(find(table, origin="P04", ours=ours)["verdict"]) == {verdict}


def test_errors_against_the_clean_prediction_meet_the_readme_s():
    table = compare(PUBLISHED, [measured_transfer(transfer(reference="clean"))])
    ours = table[table["ours"].notna()]
    assert set(ours["origin"]) == {"README"}
    assert sorted(ours["published"]) == [15.2199, 54.6897]


def test_the_same_key_twice_is_an_error():
    twice = pd.concat([measured_transfer(transfer())] * 2)
    with pytest.raises(pd.errors.MergeError):
        compare(PUBLISHED, [twice])
