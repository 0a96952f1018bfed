"""What the tests of training share: short trainings, and comparing their results."""

import pytest

from supcore.data.augmentation import AugmentationOptions
from supcore.training import TrainingOptions

CROP = AugmentationOptions((32, 64), vertical_flip=0, color=0, view_color=0)


class KilledError(Exception):
    """Stands for a kill: raised from the progress callback."""


@pytest.fixture(scope="session")
def kill_after():
    """Makes a progress callback that ends the training at a step."""

    def make(wanted):
        def progress(step, row):
            if step == wanted:
                raise KilledError

        return progress

    return make


@pytest.fixture(scope="session")
def killed():
    """What such a callback raises."""
    return KilledError


@pytest.fixture(scope="session")
def same_bytes():
    """Whether two networks hold the same bytes."""

    def compare(a, b):
        ours, theirs = a.state_dict(), b.state_dict()
        return ours.keys() == theirs.keys() and all(
            ours[name].numpy().tobytes() == theirs[name].numpy().tobytes() for name in ours
        )

    return compare


@pytest.fixture(scope="module")
def pairs(make_pairs):
    return make_pairs(6, size=(40, 80), seed=3)


@pytest.fixture(scope="session")
def passes():
    """Two epochs of six pairs, two per step, published style."""

    def make(**changes):
        options = {"batch": 2, "learning_rate": 1e-3, "augmentation": CROP, "epochs": 2, "seed": 1}
        return TrainingOptions(**(options | {"gradient_clip": None, "checkpoint_every": 2} | changes))

    return make
