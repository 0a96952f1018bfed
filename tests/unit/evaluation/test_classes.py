"""Errors by class: only the pixels of the class, only images with enough of them."""

from dataclasses import replace

import numpy as np
import pytest

from supcore.data.dataset import StereoDataset
from supcore.data.image_io import write_image
from supcore.errors import SupError
from supcore.evaluation.classes import CLASSES, LABELS, evaluate_classes
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.records import KEY

ROAD, CAR = CLASSES.index("road"), CLASSES.index("car")


@pytest.fixture
def case(make_target, make_samples, tmp_path):
    """Three pairs: the left half road, a car of 30, 24 and 25 pixels, the rest unknown."""
    samples = []
    for number, (sample, pixels) in enumerate(zip(make_samples(3, seed=4), (30, 24, 25), strict=True)):
        classes = np.full((32, 64), 255, np.uint8)
        classes[:, :32] = ROAD
        classes[:, 40:].flat[:pixels] = CAR
        write_image(tmp_path / f"{number}_classes.png", classes)
        samples.append(replace(sample, segmentation=str(tmp_path / f"{number}_classes.png")))
    return make_target(samples)


def run(case, *conditions, batch=2, **options):
    return evaluate_classes(replace(case, batch=batch), conditions, **options)


def test_train_ids_have_the_names_of_cityscapes():
    assert dict(enumerate(CLASSES)) == {
        **{0: "road", 1: "sidewalk", 2: "building", 3: "wall", 4: "fence", 5: "pole", 6: "traffic light"},
        **{7: "traffic sign", 8: "vegetation", 9: "terrain", 10: "sky", 11: "person", 12: "rider", 13: "car"},
        **{14: "truck", 15: "bus", 16: "train", 17: "motorcycle", 18: "bicycle"},
    }


def test_a_class_without_ground_truth_is_empty_and_counts_nothing(case, noise):
    """The clean prediction covers the class, so against that there is an error."""
    samples = [replace(sample, disparity="") for sample in case.pairs.samples]
    condition = Condition("noise", "tile8x16", "0.05", "0", universal(noise))
    table = run(replace(case, pairs=StereoDataset(samples)), condition)
    truth, clean = (table[table["reference"] == name] for name in ("ground_truth", "clean"))
    assert len(truth) == len(clean) == 5
    assert (truth["n_valid"] == 0).all()
    assert truth[["d1", "epe"]].isna().all(axis=None)
    assert clean[["d1", "epe"]].notna().all(axis=None)


def test_rows_go_by_source_then_class_then_image(case, noise):
    conditions = [Condition(name, "tile8x16", "0.05", "0", universal(noise)) for name in ("psmnet", "noise")]
    table = run(case, *conditions)
    key = table[["source", "class_id", "reference", "image"]]
    assert key.equals(key.sort_values(list(key), ignore_index=True))
    assert set(table["source"]) == {"noise", "psmnet"}


def test_classes_with_fewer_pixels_do_not_count(case):
    """25 is enough, 24 is not."""
    table = run(case, Condition("none"))
    assert list(table.columns) == [*KEY, *LABELS, "d1", "epe", "n_valid"]
    counts = table.groupby("class")["image"].apply(list).to_dict()
    assert counts == {"road": [0, 1, 2], "car": [0, 2]}
    assert run(case, Condition("none"), min_pixels=26).groupby("class")["image"].apply(list)["car"] == [0]


def test_errors_are_those_of_the_class_s_pixels(case, noise):
    network, pairs, clean = case.network, case.pairs, case.clean_predictions
    table = run(case, Condition("noise", "tile8x16", "0.05", "0", universal(noise)), batch=1)
    stored = np.load(clean)
    for row in table.to_dict("records"):
        pair = pairs[row["image"]]
        left, right = (view[None].float() / 255 for view in (pair.left, pair.right))
        attacked = network.predict(*noise(left, right))[0, 0].numpy()
        reference = stored[row["image"], 0] if row["reference"] == "clean" else pair.disparity[0].numpy()
        inside = (pair.classes[0].numpy() == row["class_id"]) & (reference > 0)
        error = np.abs(attacked - reference)[inside]
        wrong = (error > 3) & (error > 0.05 * reference[inside])
        assert row["n_valid"] == inside.sum()
        assert row["epe"] == pytest.approx(error.mean(), rel=1e-5)
        assert row["d1"] == pytest.approx(100 * wrong.mean(), abs=1e-9)


def test_the_release_counts_every_pixel_of_a_class_in_epe_against_the_clean_prediction(case, noise):
    """Those that are predicted 0 on clean images, too; not in D1, nor against ground truth."""
    stored = np.load(case.clean_predictions)
    stored[:, :, :, :8] = 0
    np.save(case.clean_predictions, stored)
    condition = Condition("noise", "tile8x16", "0.05", "0", universal(noise))
    ours, release = (run(case, condition, as_published=way).set_index(["reference", "class"]) for way in (False, True))
    pair, network = case.pairs[0], case.network
    attacked = network.predict(*noise(*pair.views()))[0, 0].numpy()
    error = np.abs(attacked - stored[0, 0])[pair.classes[0].numpy() == ROAD]
    assert release.loc[("clean", "road"), "epe"].iloc[0] == pytest.approx(error.mean(), rel=1e-5)
    assert (release.loc["clean"].loc["road", "epe"] > 1.01 * ours.loc["clean"].loc["road", "epe"]).all()
    assert release["d1"].equals(ours["d1"])
    assert release.loc["ground_truth", "epe"].equals(ours.loc["ground_truth", "epe"])


def test_batch_size_does_not_change_the_rows(case, noise):
    condition = Condition("noise", "tile8x16", "0.05", "0", universal(noise))
    first, second = run(case, condition, batch=1), run(case, condition, batch=3)
    assert first.drop(columns=["d1", "epe"]).equals(second.drop(columns=["d1", "epe"]))


def test_a_data_set_without_class_maps_is_named(make_target, make_samples):
    target = make_target(make_samples(1))
    with pytest.raises(SupError, match=r"data set street: no class .* set layout_options\.segmentation"):
        run(target, Condition("none"))
