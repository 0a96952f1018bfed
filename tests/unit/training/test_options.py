"""Lengths in epochs, contradictions, and recipes of the configuration."""

from dataclasses import asdict

import pytest

from supcore.data.augmentation import AugmentationOptions
from supcore.errors import SupError
from supcore.training import Piecewise, TrainingOptions

RECIPE = {"datasets": [], "batch": 4, "epochs": 3, "schedule": "piecewise", "learning_rates": [1e-3, 1e-4], "start": {}}


def test_what_a_recipe_leaves_open_is_this():
    options = TrainingOptions(batch=2, learning_rate=1e-3, augmentation=AugmentationOptions(None), steps=10)
    assert asdict(options) == {
        "batch": 2,
        "learning_rate": 1e-3,
        "augmentation": {
            "crop_size": None,
            "vertical_flip": 0.5,
            "inverted_flip": False,
            "color": 0.3,
            "view_color": 0.03,
            "noise": 0.0,
            "input_diversity": 0.0,
            "skip_last_offset": False,
        },
        "steps": 10,
        "epochs": None,
        "gradient_clip": 5.0,
        "max_target": None,
        "freeze_batch_norm_from": None,
        "batch_norm_groups": 1,
        "zero_is_truth": False,
        "seed": 0,
        "checkpoint_every": 250,
        "processes": 1,
        "workers": 0,
    }


def test_batch_norm_is_frozen_from_the_first_step_of_its_epoch(passes):
    """Steps and epochs are counted from 0; an epoch has three steps here."""
    frozen = [passes(batch=4, epochs=3, freeze_batch_norm_from=2).freezes_batch_norm(step, 3) for step in range(9)]
    assert frozen == [False] * 6 + [True] * 3
    assert passes(freeze_batch_norm_from=0).freezes_batch_norm(0, 3)
    assert not passes().freezes_batch_norm(10**6, 3)


def test_an_epoch_counts_its_last_partial_batch(passes):
    options = passes(batch=4, epochs=3)
    assert (options.unit(10), options.length(10)) == (3, 9)


def test_a_length_in_steps_is_that_length(passes):
    options = passes(epochs=None, steps=7)
    assert (options.unit(10), options.length(10)) == (1, 7)


@pytest.mark.parametrize("length", [{"steps": 3}, {"epochs": None}])
def test_steps_and_epochs_exclude_each_other(passes, length):
    with pytest.raises(SupError, match="either steps or epochs"):
        passes(**length)


def test_a_batch_must_suffice_for_all_processes(passes):
    with pytest.raises(SupError, match="batch of 2 cannot be shared by 3 processes"):
        passes(processes=3)


def test_groups_of_batch_norm_must_be_shared_without_rest(passes):
    for processes in (1, 2, 4):
        passes(batch=4, batch_norm_groups=4, processes=processes)
    with pytest.raises(SupError, match="batch_norm_groups 4 cannot be shared by 3 processes"):
        passes(batch=4, batch_norm_groups=4, processes=3)


def test_a_piecewise_recipe():
    recipe = RECIPE | {"change_at": [2], "gradient_clip": None, "max_target": 192, "augmentation": {"color": 0}}
    assert TrainingOptions.of_recipe(recipe, seed=5) == TrainingOptions(
        batch=4,
        learning_rate=Piecewise((1e-3, 1e-4), (2,)),
        augmentation=AugmentationOptions(None, color=0),
        epochs=3,
        gradient_clip=None,
        max_target=192,
        seed=5,
    )


def test_a_one_cycle_recipe():
    recipe = {"batch": 2, "steps": 9, "learning_rate": 0.002, "crop_size": [32, 64], "checkpoint_every": 3}
    assert TrainingOptions.of_recipe(recipe) == TrainingOptions(
        batch=2, steps=9, learning_rate=0.002, augmentation=AugmentationOptions((32, 64)), checkpoint_every=3
    )


def test_the_number_of_workers_is_no_part_of_a_training_s_identity(passes):
    assert passes(workers=3).identity() == passes().identity()
    assert passes(processes=2).identity() != passes().identity()
