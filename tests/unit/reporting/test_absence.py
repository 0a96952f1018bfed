"""Every published number without ours says why, by what the configuration does not ask for."""

import math

import pandas as pd
import pytest

from supcore.reporting.absence import CELL, absences

ASKED = [
    ("", "kitti2015", "psmnet", "none", "", "0"),
    ("", "kitti2015", "psmnet", "aanet", "tile64", "0.02"),
    ("corruption jpeg", "kitti2015", "psmnet", "none", "", "0"),
    ("class road", "kitti2015_classes", "aanet", "", "", ""),
]


def reason(condition, dataset, target, source, size, epsilon):
    row = dict(zip(CELL, (condition, dataset, target, source, size, epsilon), strict=True))
    (found,) = absences(pd.DataFrame([row]), ASKED)
    return found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (("", "kitti2012", "psmnet", "none", "", 0.0), "not asked for here: needs the data set kitti2012"),
        (("", "kitti2015", "aanet", "none", "", 0.0), "not asked for here: AANet on KITTI 2015"),
        (("", "kitti2015", "psmnet", "psmnet", "tile64", 0.02), "not asked for here: SUPs of PSMNet"),
        (("", "kitti2015", "psmnet", "aanet", "tile16", 0.02), "not in the grid here: tile16 SUPs of AANet"),
        (
            ("", "kitti2015", "psmnet", "aanet", "tile64", 0.002),
            "not in the grid here: tile64 SUPs of AANet with epsilon 0.002",
        ),
        (("finetuned_new", "kitti2015", "psmnet", "none", "", 0.0), "not asked for here: set studies.finetuning"),
        (("class car", "kitti2015_classes", "aanet", "", "", math.nan), "not asked for here: set studies.classes"),
        (("9 training samples", "a", "b", "b", "", 0.1), "not asked for here: set studies.sampling_efficiency"),
        (
            ("corruption jpeg", "kitti2015", "aanet", "none", "", 0.0),
            "not asked for here: AANet on KITTI 2015 (corruption jpeg)",
        ),
        (
            ("", "kitti2015", "aanet_without_deform", "none", "", 0.0),
            "neither the weights nor the definition of this network were released",
        ),
        (
            ("per_image", "kitti2015", "psmnet", "none", "", 0.0),
            "not comparable: the predecessor measured its clean images in a setting of its own",
        ),
    ],
)
def test_the_first_thing_that_is_missing_is_named(cell, expected):
    assert reason(*cell) == expected


def test_what_is_asked_for_and_still_missing_says_so():
    """A class that no image shows, say; an epsilon may have been computed."""
    for cell in (("", "kitti2015", "psmnet", "aanet", "tile64", 4 * 0.005), ("class road", *ASKED[3][1:5], math.nan)):
        assert reason(*cell).startswith("asked for, but not in the table")
