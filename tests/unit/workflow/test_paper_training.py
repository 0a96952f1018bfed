"""The release's training recipes in ``config/overlays/paper``."""

from pathlib import Path

import pytest
import yaml

OVERLAYS = Path(__file__).parents[3] / "config" / "overlays" / "paper"


def recipes(overlay, section):
    return yaml.safe_load((OVERLAYS / f"{overlay}.yaml").read_text(encoding="utf-8"))[section]


# Pairs of a GPU, over which batch-norm takes its statistics; epochs; whether ground truth of 0 counts.
TRAINING = {
    "psmnet_sceneflow": (3, 10, True),
    "psmnet_kitti15": (1, 300, False),
    "deeppruner_sceneflow": (4, 65, True),
    "deeppruner_kitti": (4, 1040, False),
}


@pytest.mark.parametrize(("name", "expected"), TRAINING.items())
def test_trainings(name, expected):
    recipe = recipes("training", "training")[name]
    pairs = recipe["batch"] // recipe["batch_norm_groups"]
    assert (pairs, recipe["epochs"], recipe.get("zero_is_truth", False)) == expected


@pytest.mark.parametrize("name", ["psmnet", "deeppruner", "aanet"])
def test_fine_tuning(name):
    """Whole images have one place for a crop, so AANet has nothing to skip."""
    recipe = recipes("finetuning", "finetuning")[name]
    assert recipe["batch"] // recipe["batch_norm_groups"] == 4
    assert recipe["augmentation"].get("skip_last_offset", False) == ("crop_size" in recipe)


def test_trainings_read_the_original_ground_truth():
    options = recipes("training", "datasets")["flyingthings3d_train"]["layout_options"]
    assert options["saturated"] is False


def test_own_networks_with_patch_match_draw_anew_as_the_released_ones():
    """What they draw would stay the same under a perturbation otherwise, and their errors look smaller."""
    released = yaml.safe_load((OVERLAYS.parents[1] / "weights.yaml").read_text(encoding="utf-8"))["weights"]
    own = recipes("training", "networks")["psmnet_deform25_patchmatch"]["weights"]
    expected = released["psmnet_deform25_patchmatch"]["kitti15"]["options"]["redraw"]
    assert {entry["options"]["redraw"] for entry in own.values()} == {expected}
