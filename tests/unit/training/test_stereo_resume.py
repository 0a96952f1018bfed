"""A training's checkpoint belongs to one job: after any change that decides the weights, it starts afresh."""

import os
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from supcore.data.augmentation import AugmentationOptions
from supcore.data.dataset import StereoDataset
from supcore.training import Piecewise, TrainingOptions, train_stereo

pytestmark = pytest.mark.thorough

OPTIONS = TrainingOptions(
    steps=5, batch=2, learning_rate=1e-3, augmentation=AugmentationOptions((32, 64)), seed=1, checkpoint_every=2
)
OTHER_OPTIONS = {
    "batch": 1,
    "learning_rate": Piecewise((1e-3, 1e-4), (3,)),
    "augmentation": AugmentationOptions((32, 64), color=0),
    "steps": 6,
    "gradient_clip": None,
    "max_target": 5.0,
    "freeze_batch_norm_from": 1,
    "batch_norm_groups": 2,
    "zero_is_truth": True,
    "seed": 2,
    "checkpoint_every": 1,
}


@pytest.fixture
def samples(make_samples):
    return make_samples(4, size=(40, 80), seed=1)


@pytest.fixture
def run(make_small_network, samples, tmp_path):
    def run(checkpoint, options=OPTIONS, progress=None, size=None, precision="float32", identity=None, seed=0, **more):
        network = make_small_network(seed=seed, **more)
        network.precision = precision
        pairs = StereoDataset(samples, size)
        history = train_stereo(
            network, pairs, options, checkpoint=tmp_path / checkpoint, identity=identity, progress=progress
        )
        return history, {name: value.tolist() for name, value in network.state_dict().items()}

    return run


@pytest.fixture
def killed_run(run, kill_after, killed):
    with pytest.raises(killed):
        run("job.pt", progress=kill_after(4))


def test_every_option_is_tried():
    """But the number of processes, whose change needs them, and epochs, which stand for steps."""
    assert set(OTHER_OPTIONS) | {"workers", "processes", "epochs"} == {field.name for field in fields(TrainingOptions)}


@pytest.mark.parametrize(
    "change",
    [
        *({"options": replace(OPTIONS, **{name: value})} for name, value in OTHER_OPTIONS.items()),
        {"options": replace(OPTIONS, steps=None, epochs=2)},
        {"size": (32, 64)},
        {"precision": "bfloat16"},
        {"align_corners": True},
        {"seed": 1},
        {"identity": {"code": "another version"}},
    ],
    ids=lambda change: "-".join(map(str, change.values()))[:40],
)
@pytest.mark.usefixtures("killed_run")
def test_a_resumed_training_gives_what_an_undisturbed_one_gives(run, change):
    assert run("job.pt", **change) == run("undisturbed.pt", **change)


@pytest.mark.usefixtures("killed_run")
def test_other_images_at_the_same_paths_are_another_training(run, samples):
    """Even with the time of the old ones."""
    for sample in samples:
        status = Path(sample.left).stat()
        cv2.imwrite(sample.left, np.ascontiguousarray(cv2.imread(sample.left)[::-1]))
        os.utime(sample.left, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert run("job.pt") == run("undisturbed.pt")
