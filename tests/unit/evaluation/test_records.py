"""Per-image records: what they hold is what the tables are made of."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from supcore.data.dataset import to_unit_range
from supcore.errors import SupError
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.predictions import predict_clean
from supcore.evaluation.records import ERRORS, KEY, evaluate, write_records
from supcore.metrics import d1_error, end_point_error, valid_pixels
from supcore.perturbation import StereoPerturbation

pytestmark = pytest.mark.thorough

WITHOUT_TRUTH = 2


@pytest.fixture
def case(make_target, make_samples):
    """A network, five pairs of which one has no ground truth, and the clean predictions."""
    return make_target(make_samples(5, seed=4, without_truth=(WITHOUT_TRUTH,)))


def run(case, *conditions, batch=2):
    return evaluate(replace(case, batch=batch), conditions)


def views(pair):
    return to_unit_range(pair.left)[None], to_unit_range(pair.right)[None]


def test_clean_predictions_are_one_float32_map_per_pair_in_order(case):
    stored = np.load(case.clean_predictions)
    assert (stored.dtype, stored.shape) == (np.float32, (5, 1, 32, 64))
    for index in range(5):
        expected = case.network.predict(*views(case.pairs[index]))
        np.testing.assert_allclose(stored[index], expected[0].numpy(), atol=5e-3)


def test_clean_records_equal_the_metrics_and_have_no_clean_reference(case):
    records = run(case, Condition("none"))
    stored = torch.from_numpy(np.load(case.clean_predictions))
    assert list(records.columns) == [*KEY, *ERRORS]
    assert records["reference"].unique().tolist() == ["ground_truth"]
    assert records["image"].tolist() == list(range(5))
    assert set(records["dataset"]) == {"street"}
    assert set(records["target"]) == {"psmnet"}
    for index, row in records.iterrows():
        truth = case.pairs[index].disparity[None]
        assert row["n_valid"] == int(valid_pixels(truth).sum())
        if index != WITHOUT_TRUTH:
            assert row["d1"] == d1_error(stored[index : index + 1], truth).item()
            assert row["epe"] == end_point_error(stored[index : index + 1], truth).item()


def test_clean_records_are_about_the_stored_predictions(case):
    """A network that draws random numbers would predict otherwise the second time."""
    np.save(case.clean_predictions, np.full((5, 1, 32, 64), 250, np.float32))
    records = run(case, Condition("none")).dropna()
    assert len(records) == 4
    for row in records.to_dict("records"):
        truth = case.pairs[row["image"]].disparity
        assert row["epe"] == pytest.approx(float(250 - truth.mean()), rel=1e-6)


def test_rows_go_by_label_then_reference_then_image(case, noise):
    """And the labels of a study have columns of their own, before the errors."""
    conditions = [
        Condition("noise", "tile8x16", "0.05", "0", universal(noise), {"corruption": name}) for name in ("snow", "fog")
    ]
    records = run(case, *conditions)
    assert list(records.columns) == [*KEY, "corruption", *ERRORS]
    assert records["corruption"].tolist() == ["fog"] * 10 + ["snow"] * 10
    assert records["reference"].tolist() == (["clean"] * 5 + ["ground_truth"] * 5) * 2
    assert records["image"].tolist() == list(range(5)) * 4


def test_perturbed_records_equal_the_metrics_against_both_references(case, noise):
    records = run(case, Condition("noise", "tile8x16", "0.05", "0", universal(noise)), batch=1)
    stored = torch.from_numpy(np.load(case.clean_predictions))
    assert len(records) == 10
    for _, row in records.iterrows():
        pair = case.pairs[row["image"]]
        attacked = case.network.predict(*noise(*views(pair)))
        clean = stored[row["image"] : row["image"] + 1]
        reference = clean if row["reference"] == "clean" else pair.disparity[None]
        if row["n_valid"]:
            assert row["epe"] == end_point_error(attacked, reference).item()
            assert row["d1"] == d1_error(attacked, reference).item()
    assert records.loc[records["reference"] == "clean", "epe"].min() > 0


def test_zero_perturbation_changes_nothing_against_the_clean_prediction(case):
    """Exactly nothing: otherwise the errors of a SUP would hold an error of the pipeline."""
    zero = StereoPerturbation((8, 16), (32, 64), 0.02)
    records = run(case, Condition("none"), Condition("psmnet", "tile8x16", "0.02", "0", universal(zero)))
    against_clean = records[records["reference"] == "clean"]
    assert len(against_clean) == 5
    assert (against_clean["d1"] == 0).all()
    assert (against_clean["epe"] == 0).all()
    truth = records[records["reference"] == "ground_truth"].drop(columns=["source", "size", "epsilon", "seed"])
    first, second = (truth.iloc[start : start + 5].reset_index(drop=True) for start in (0, 5))
    pd.testing.assert_frame_equal(first, second)


def test_image_without_ground_truth_is_empty_and_counts_nothing(case, noise, tmp_path):
    """0 would pull the mean down, and a missing row would shift images against each other."""
    records = run(case, Condition("none"), Condition("noise", "tile8x16", "0.05", "0", universal(noise)))
    empty = records[(records["image"] == WITHOUT_TRUTH) & (records["reference"] == "ground_truth")]
    assert len(empty) == 2
    assert empty["n_valid"].tolist() == [0, 0]
    assert empty[["d1", "epe"]].isna().all(axis=None)
    others = records.drop(empty.index)
    assert others[["d1", "epe"]].notna().all(axis=None)
    assert (others["n_valid"] > 0).all()
    write_records(records, tmp_path / "records.csv")
    assert ",ground_truth,2,,,0\n" in (tmp_path / "records.csv").read_text()


@pytest.mark.parametrize("batch", [1, 3, 5, 64])
def test_batch_size_does_not_change_the_records(case, noise, batch):
    conditions = Condition("none"), Condition("noise", "tile8x16", "0.05", "0", universal(noise))
    expected, found = run(case, *conditions, batch=2), run(case, *conditions, batch=batch)
    pd.testing.assert_frame_equal(found.drop(columns=["d1", "epe"]), expected.drop(columns=["d1", "epe"]))
    np.testing.assert_allclose(found["epe"], expected["epe"], atol=1e-4)
    np.testing.assert_allclose(found["d1"], expected["d1"], atol=100 / (32 * 64) + 1e-9)


def test_order_of_the_conditions_does_not_change_the_table(case, noise):
    conditions = [Condition("noise", "tile8x16", text, "0", universal(noise)) for text in ("0.05", "0.01", "0.02")]
    pd.testing.assert_frame_equal(run(case, *conditions), run(case, *reversed(conditions)))


def test_written_records_repeat_byte_by_byte_with_six_decimals(case, noise, tmp_path):
    for name in ("a.csv", "b.csv"):
        write_records(run(case, Condition("noise", "tile8x16", "0.05", "0", universal(noise))), tmp_path / name)
    text = (tmp_path / "a.csv").read_text()
    assert text == (tmp_path / "b.csv").read_text()
    header, first = text.splitlines()[:2]
    assert header == "dataset,target,source,size,epsilon,seed,reference,image,d1,epe,n_valid"
    assert first.startswith("street,psmnet,noise,tile8x16,0.05,0,clean,0,")
    assert all(len(value.partition(".")[2]) == 6 for value in first.split(",")[8:10])


def test_predictions_of_another_number_of_pairs_are_refused(case):
    """Left over from an earlier split; images would be compared with those of other scenes."""
    np.save(case.clean_predictions, np.load(case.clean_predictions)[:4])
    with pytest.raises(SupError, match=r"clean\.npy: holds float32 \(4, 1, 32, 64\), not predictions \(5, "):
        run(case, Condition("none"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\x93NUMPY"),
        lambda path: path.write_bytes(b"text"),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"}", b"]", 1)),
        lambda path: path.write_bytes(path.read_bytes().replace(b"'<f4'", b"'<,4'", 1)),
        lambda path: np.savez(path.open("wb"), a=np.zeros(3)),
    ],
    ids=["missing", "empty", "signature", "text", "truncated", "bracket", "type", "several arrays"],
)
def test_missing_or_damaged_predictions_are_refused(case, damage):
    damage(case.clean_predictions)
    with pytest.raises(SupError, match=r"clean\.npy: clean predictions cannot be read"):
        run(case, Condition("none"))


@pytest.mark.parametrize("shape", [(5, 1, 16, 32), (5, 1, 1, 64), (5, 32, 64)])
def test_predictions_of_another_size_are_refused(case, shape):
    np.save(case.clean_predictions, np.ones(shape, np.float32))
    with pytest.raises(SupError, match=r"clean\.npy: "):
        run(case, Condition("none"))


def test_prediction_that_fails_leaves_no_file(case, tmp_path):
    broken = replace(case, pairs=[case.pairs[0], None], clean_predictions=tmp_path / "new.npy", batch=1)
    with pytest.raises(AttributeError):
        predict_clean(broken)
    assert not [path for path in tmp_path.iterdir() if "new" in path.name]
