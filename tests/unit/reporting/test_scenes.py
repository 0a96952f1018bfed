"""Which scenes are shown: chosen by the stated rule, with the errors of the records."""

import pandas as pd
import pytest

from supcore.errors import SupError
from supcore.reporting.scenes import Scene, chosen_scenes

pytestmark = pytest.mark.thorough


def records(d1, reference="ground_truth", **other):
    rows = {"size": "tile64", "epsilon": 0.02, "seed": 0, "reference": reference, "n_valid": 100} | other
    return pd.DataFrame([rows | {"image": str(image), "d1": value} for image, value in enumerate(d1)])


CLEAN = records([1, 2, 3, 4], size="", epsilon=0.0, seed=None)


def choose(attacked, clean=CLEAN):
    return chosen_scenes(clean, attacked, size="tile64", epsilon=0.02, seed=0)


def test_the_lower_median_and_the_largest_error_are_chosen():
    assert choose(records([40, 10, 30, 20])) == {
        "median": Scene(3, "ground_truth", 4.0, 20.0),
        "worst": Scene(0, "ground_truth", 1.0, 40.0),
    }


def test_one_image_is_both():
    scenes = choose(records([40]))
    assert scenes["median"] == scenes["worst"]


def test_other_perturbations_references_and_images_without_truth_do_not_count():
    others = [records([99], **change) for change in ({"epsilon": 0.01}, {"size": "full"}, {"seed": 1}, {"n_valid": 0})]
    table = pd.concat([records([10, 30, 20]), records([50, 60, 70], "clean"), *others])
    assert [scene.attacked for scene in choose(table).values()] == [20, 30]


def test_without_ground_truth_the_clean_prediction_counts():
    scenes = choose(pd.concat([records([0, 0], n_valid=0), records([50, 60], "clean")]))
    assert scenes["worst"] == Scene(1, "clean", None, 60.0)
    assert "against the clean prediction 60.0" in scenes["worst"].describe()


def test_the_description_has_both_errors():
    assert choose(records([40]))["worst"].describe().replace("\xa0", " ") == "image 0, D1 1.0 % clean, 40.0 % attacked"


def test_records_without_this_perturbation_are_named():
    with pytest.raises(SupError, match=r"tile64, epsilon 0\.02, seed 0"):
        choose(records([40], seed=1))
