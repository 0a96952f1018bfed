"""What a configuration asks for beside D1 and EPE: bad-1 to bad-3, and occluded pixels apart from others."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from supcore.data.dataset import StereoDataset, resize_disparity
from supcore.data.image_io import write_image
from supcore.errors import SupError
from supcore.evaluation.classes import evaluate_classes
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.records import evaluate, write_records
from supcore.metric_names import BAD_PIXELS
from supcore.reporting.labels import METRIC_LABELS
from supcore.reporting.summary import read_csv, read_records, write_csv
from supcore.reporting.transfer import COLUMNS, transfer_table
from supcore.studies import make_study
from supcore.studies.finetuning import finetuning
from supcore.studies.robust_design import robust_design

LIMITS = {"bad1": 1, "bad2": 2, "bad3": 3}
HIDDEN = 20  # columns at the left border that the right camera does not see


@pytest.fixture
def case(make_target, make_samples):
    return make_target(make_samples(3, seed=4))


@pytest.fixture
def attacks(noise):
    return [Condition("none"), Condition("psmnet", "tile8x16", "0.05", "0", universal(noise))]


def with_visible(case, folder, count=3, size=(32, 64)):
    """The case with maps of what both cameras see, for the first pairs."""
    seen = np.full(size, 255, np.uint8)
    seen[:, :HIDDEN] = 128
    write_image(folder / "seen.png", seen)
    samples = [
        replace(sample, visible=str(folder / "seen.png") if number < count else "")
        for number, sample in enumerate(case.pairs.samples)
    ]
    return replace(case, pairs=StereoDataset(samples, (32, 64)))


def test_records_have_the_asked_shares_beside_unchanged_errors(case, attacks):
    plain, asked = evaluate(case, attacks), evaluate(replace(case, metrics=("bad3", "bad1")), attacks)
    assert list(asked.columns) == [*plain.columns[:-1], "bad1", "bad3", "n_valid"]
    assert asked[plain.columns].equals(plain)
    stored = np.load(case.clean_predictions)
    for row in asked[asked["source"] == "none"].to_dict("records"):
        error = np.abs(stored[row["image"], 0] - case.pairs[row["image"]].disparity[0].numpy())
        for name in ("bad1", "bad3"):
            assert row[name] == pytest.approx(100 * (error > LIMITS[name]).mean(), abs=1e-9)
    assert (asked["bad1"] >= asked["bad3"]).all()
    assert (asked["bad3"] >= asked["d1"]).all(), "D1 has a second condition"


def test_images_without_ground_truth_have_none_of_them(case, attacks):
    samples = [replace(sample, disparity="") for sample in case.pairs.samples]
    records = evaluate(replace(case, pairs=StereoDataset(samples), metrics=tuple(LIMITS)), attacks)
    truth = records["reference"] == "ground_truth"
    assert records.loc[truth, list(LIMITS)].isna().all(axis=None)
    assert records.loc[~truth, list(LIMITS)].notna().all(axis=None)


def test_classes_have_them_over_the_pixels_of_the_class(case, attacks, tmp_path):
    classes = np.full((32, 64), 255, np.uint8)
    classes[:, :32] = 0
    write_image(tmp_path / "classes.png", classes)
    samples = [replace(sample, segmentation=str(tmp_path / "classes.png")) for sample in case.pairs.samples]
    target = replace(case, pairs=StereoDataset(samples), metrics=("bad2",))
    table = evaluate_classes(target, attacks, as_published=True)
    stored = np.load(case.clean_predictions)
    row = table[(table["source"] == "none") & (table["image"] == 1)].to_dict("records")[0]
    error = np.abs(stored[1, 0] - target.pairs[1].disparity[0].numpy())[:, :32]
    assert row["bad2"] == pytest.approx(100 * (error > 2).mean(), abs=1e-9)
    assert row["epe"] == pytest.approx(error.mean(), rel=1e-5)


def test_occluded_and_other_pixels_are_rows_of_their_own(case, attacks, tmp_path):
    plain, found = evaluate(case, attacks), evaluate(with_visible(case, tmp_path), attacks)
    parts = ["ground_truth_visible", "ground_truth_occluded"]
    whole = found[~found["reference"].isin(parts)].reset_index(drop=True)
    assert whole.equals(plain)
    stored = np.load(case.clean_predictions)
    for name, columns in zip(parts, (slice(HIDDEN, None), slice(HIDDEN)), strict=True):
        rows = found[found["reference"] == name]
        assert len(rows) == 6, "clean and attacked"
        for row in rows[rows["source"] == "none"].to_dict("records"):
            error = np.abs(stored[row["image"], 0] - case.pairs[row["image"]].disparity[0].numpy())[:, columns]
            assert row["epe"] == pytest.approx(error.mean(), rel=1e-5)
            assert row["n_valid"] == error.size


def test_a_pair_that_does_not_tell_them_apart_counts_for_neither(case, attacks, tmp_path):
    found = evaluate(with_visible(case, tmp_path, count=2), attacks)
    parts = found[found["reference"].str.startswith("ground_truth_")]
    assert (parts.loc[parts["image"] == 2, "n_valid"] == 0).all()
    assert (parts.loc[parts["image"] < 2, "n_valid"] > 0).all()


def test_the_mask_is_resized_as_the_ground_truth_is(case, tmp_path):
    """Otherwise their borders would lie apart."""
    pairs = with_visible(case, tmp_path).pairs
    small = StereoDataset(pairs.samples, (16, 24))
    expected = resize_disparity(pairs.visible(0)[0].numpy().astype(np.float32), (16, 24)) > 0
    assert torch.equal(small.visible(0)[0], torch.from_numpy(expected))
    assert pairs.visible(0).sum() == 32 * (64 - HIDDEN)


def test_tables_have_their_statistics_before_the_published_numbers(case, attacks, tmp_path):
    for name, metrics in (("plain", ()), ("asked", ("bad1", "bad2"))):
        write_records(evaluate(replace(case, metrics=metrics), attacks), tmp_path / f"{name}.csv")
    plain, asked = (transfer_table(read_records([tmp_path / f"{n}.csv"]), None) for n in ("plain", "asked"))
    assert list(plain.columns) == COLUMNS
    further = [f"bad{n}_{of}" for n in (1, 2) for of in ("mean", "std", "ci_low", "ci_high")]
    assert list(asked.columns) == [*COLUMNS[:-2], *further, *COLUMNS[-2:]]
    assert asked[COLUMNS].equals(plain), "intervals do not depend on what else is asked for"
    records = read_records([tmp_path / "asked.csv"]).query("source == 'psmnet' and reference == 'clean'")
    row = asked.query("source == 'psmnet' and reference == 'clean'").iloc[0]
    assert row["bad2_mean"] == pytest.approx(records["bad2"].mean())
    write_csv(asked, tmp_path / "table.csv")
    assert list(read_csv(tmp_path / "table.csv", COLUMNS)) == COLUMNS
    assert list(read_csv(tmp_path / "table.csv", COLUMNS, further=True)) == [*COLUMNS, *further]


def test_transfer_is_printed_once_for_each_of_them(case, attacks, tmp_path):
    write_records(evaluate(replace(case, metrics=("bad1",)), attacks), tmp_path / "r.csv")
    study = make_study("transfer", {})
    table = study.table([tmp_path / "r.csv"], {}, None, 0)
    captions = [matrix.caption for matrix in study.matrices(table)]
    assert [caption.partition(" on ")[0] for caption in captions] == ["D1 error (%)"] * 2 + [METRIC_LABELS["bad1"]] * 2


def test_studies_that_read_the_transfer_table_pass_them_on(case, attacks, tmp_path):
    write_records(evaluate(replace(case, metrics=("bad1",)), attacks), tmp_path / "r.csv")
    transfer = transfer_table(read_records([tmp_path / "r.csv"]), None)
    before = finetuning(transfer, {"psmnet": "tuned"}).query("condition == 'before'")
    assert before["bad1_mean"].tolist() == transfer["bad1_mean"].tolist()
    designs = robust_design(transfer, {"plain": ["psmnet"]})
    assert sorted(designs["bad1_mean"]) == sorted(transfer["bad1_mean"])


def test_records_that_lack_an_asked_error_are_refused(case, attacks, tmp_path):
    records = evaluate(replace(case, metrics=("bad1",)), attacks)
    records.loc[0, "bad1"] = None
    write_records(records, tmp_path / "r.csv")
    with pytest.raises(SupError, match=r"r\.csv: an image with valid pixels has no error value"):
        read_records([tmp_path / "r.csv"])


def test_the_names_mean_these_limits():
    assert BAD_PIXELS == LIMITS
    assert METRIC_LABELS["bad2"] == "Pixels off by more than 2 px (%)"
