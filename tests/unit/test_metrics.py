"""Disparity errors per image."""

import json

import numpy as np
import pytest
import torch

from supcore.metrics import bad_pixels, d1_error, end_point_error, valid_pixels

NAN, INF = float("nan"), float("inf")


def one_image(*values):
    return torch.tensor(values, dtype=torch.float32).view(1, 1, 1, -1)


@pytest.mark.parametrize(
    ("disparity", "reference", "wrong"),
    [
        (23.5, 20.0, True),  # off by 3.5 px and 17.5 %
        (16.5, 20.0, True),  # from below
        (103.5, 100.0, False),  # off by more than 3 px but only 3.5 %
        (12.0, 10.0, False),  # off by 20 % but only 2 px
        (13.0, 10.0, False),  # exactly 3 px: strict
        (13.000001, 10.0, True),
        (84.0, 80.0, False),  # exactly 5 %: strict
        (84.001, 80.0, True),
        (NAN, 10.0, True),
        (INF, 10.0, True),
        (-INF, 10.0, True),
    ],
)
def test_d1_needs_both_conditions_strictly(disparity, reference, wrong):
    assert d1_error(one_image(disparity), one_image(reference)).tolist() == [100.0 * wrong]


@pytest.mark.parametrize(
    ("disparity", "reference", "limit", "wrong"),
    [
        (101.5, 100.0, 1, True),  # whatever share of the reference that is
        (98.5, 100.0, 1, True),
        (101.0, 100.0, 1, False),  # exactly: strict
        (102.5, 100.0, 3, False),
        (NAN, 10.0, 3, True),
        (-INF, 10.0, 3, True),
        (50.0, 0.0, 1, False),  # no reference
    ],
)
def test_bad_pixels_are_off_by_more_than_the_limit(disparity, reference, limit, wrong):
    assert bad_pixels(one_image(disparity), one_image(reference), limit).tolist() == [100.0 * wrong]
    outside = torch.zeros(1, 1, 1, 1, dtype=torch.bool)
    assert bad_pixels(one_image(disparity), one_image(reference), limit, outside).tolist() == [0.0]


def test_reference_without_meaning_does_not_count():
    """Zero, negative, NaN and infinite references are no ground truth; one pixel in five is, and it is wrong."""
    reference = one_image(0.0, -7.0, NAN, INF, 10.0)
    disparity = one_image(50.0, 50.0, 50.0, 50.0, 14.0)
    assert valid_pixels(reference).flatten().tolist() == [False] * 4 + [True]
    assert d1_error(disparity, reference).tolist() == [100.0]
    assert end_point_error(disparity, reference).tolist() == [4.0]


def test_prediction_that_is_nan_outside_the_reference_is_ignored():
    disparity, reference = one_image(NAN, 11.0), one_image(0.0, 10.0)
    assert d1_error(disparity, reference).tolist() == [0.0]
    assert end_point_error(disparity, reference).tolist() == [1.0]


def test_image_without_valid_pixels_gives_zero():
    reference = torch.stack((torch.zeros(1, 2, 2), torch.full((1, 2, 2), 10.0)))
    disparity = reference + 5
    assert d1_error(disparity, reference).tolist() == [0.0, 100.0]
    assert end_point_error(disparity, reference).tolist() == [0.0, 5.0]
    assert valid_pixels(reference).flatten(1).sum(1).tolist() == [0, 4]


def test_mask_restricts_the_valid_pixels_further():
    reference, disparity = one_image(10.0, 10.0, 0.0), one_image(20.0, 10.0, 9.0)
    mask = torch.tensor([True, False, True]).view(1, 1, 1, 3)
    assert valid_pixels(reference, mask).flatten().tolist() == [True, False, False]
    assert d1_error(disparity, reference, mask).tolist() == [100.0]
    assert end_point_error(disparity, reference, mask).tolist() == [10.0]


def test_no_upper_limit_of_the_disparity():
    """The published evaluation counts ground truth beyond 192 px."""
    assert d1_error(one_image(150.0), one_image(300.0)).tolist() == [100.0]


@pytest.mark.parametrize("number", [0, 1, 2, 4])
def test_equal_to_the_release_image_by_image(golden, number):
    """Dense ground truth, with zeros, with NaN and negative values, with errors around 3 px."""
    stored = np.load(golden / "metrics.npz")
    disparity, reference = (torch.from_numpy(stored[f"{n}_{number}"])[None, None] for n in ("disp", "gt"))
    expected = json.loads(str(stored["results"]))[f"evaluate_{number}"]
    assert d1_error(disparity, reference).item() == pytest.approx(expected["d1_ground_truth_mean"], rel=1e-12)
    assert end_point_error(disparity, reference).item() == pytest.approx(expected["epe_ground_truth_mean"], rel=1e-6)


def test_mean_and_population_deviation_over_images_equal_the_release(golden):
    """Each image weighs the same; the release reports the population deviation. Image 3 needs its resizing."""
    stored = np.load(golden / "metrics.npz")
    results = json.loads(str(stored["results"]))
    ours = {"d1": [], "epe": []}
    for number in range(5):
        disparity, reference = (torch.from_numpy(stored[f"{n}_{number}"])[None, None] for n in ("disp", "gt"))
        if disparity.shape != reference.shape:
            ratio = reference.shape[-1] / disparity.shape[-1]
            disparity = ratio * torch.nn.functional.interpolate(disparity, reference.shape[-2:], mode="bilinear")
        ours["d1"].append(d1_error(disparity, reference).item())
        ours["epe"].append(end_point_error(disparity, reference).item())
    for metric, values in ours.items():
        for name, value in (("mean", np.mean(values)), ("std", np.std(values))):
            assert value == pytest.approx(results["evaluate_all"][f"{metric}_ground_truth_{name}"], rel=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_the_definition_in_double_precision(seed):
    random = np.random.default_rng(seed)
    reference = random.uniform(-20, 220, (3, 1, 24, 40)).astype(np.float32)
    reference[random.random(reference.shape) < 0.05] = np.nan
    disparity = (reference + random.normal(0, 6, reference.shape)).astype(np.float32)
    disparity[np.isnan(disparity)] = 50
    found = [metric(*map(torch.from_numpy, (disparity, reference))).numpy() for metric in (d1_error, end_point_error)]
    for image in range(3):
        truth = reference[image].astype(np.float64)
        valid = truth > 0
        error = np.abs(disparity[image].astype(np.float64) - truth)[valid]
        wrong = (error > 3) & (error / truth[valid] > 0.05)
        assert found[0][image] == pytest.approx(100 * np.count_nonzero(wrong) / error.size, rel=1e-12)
        assert found[1][image] == pytest.approx(error.mean(), rel=1e-6)
