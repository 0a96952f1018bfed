"""A checkpoint belongs to one job: after a change of anything that decides the result, the work starts afresh."""

import os
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from supcore.attack.goal import Goal
from supcore.attack.optimization import SupOptions, optimize_sup
from supcore.data.dataset import StereoDataset
from supcore.perturbation import StereoPerturbation

pytestmark = pytest.mark.thorough

OPTIONS = SupOptions(alpha=0.004, step_rule="sign", batch=2, steps=6, seed=3, checkpoint_every=2)
OTHER_OPTIONS = {
    "alpha": 0.002,
    "step_rule": "clip",
    "momentum": 0.5,
    "batch": 1,
    "steps": 7,
    "seed": 4,
    "checkpoint_every": 1,
    "snapshot_steps": (5,),
    "selection": "best",
    "target": Goal(shift=2.0),
}


class KilledError(Exception):
    """Stands for a kill: raised from the progress callback."""


@pytest.fixture
def samples(make_samples):
    return {role: make_samples(4, size=(64, 128), seed=seed) for role, seed in (("training", 1), ("validation", 2))}


@pytest.fixture
def run(make_small_network, samples, tmp_path):
    """Runs a job whose parts may differ from the common one's; returns everything that it gives."""

    def run(checkpoint, kill_at=None, options=OPTIONS, size=(32, 64), epsilon=0.02, precision="float32", identity=None,
            seed=0, **network_options):  # fmt: skip
        def progress(step, row):
            if step == kill_at:
                raise KilledError

        network = make_small_network(seed=seed, **network_options)
        network.precision = precision
        sup = StereoPerturbation((8, 16), size, epsilon)
        pairs = (StereoDataset(samples[role], size) for role in ("training", "validation"))
        result = optimize_sup(
            network, sup, *pairs, options, checkpoint=tmp_path / checkpoint, identity=identity, progress=progress
        )
        snapshots = {step: (s.left.tolist(), s.right.tolist()) for step, s in result.snapshots.items()}
        return sup.left.tolist(), sup.right.tolist(), result.history, snapshots

    return run


def test_every_option_is_tried():
    assert set(OTHER_OPTIONS) | {"workers"} == {field.name for field in fields(SupOptions)}


@pytest.mark.parametrize(
    "change",
    [
        *({"options": replace(OPTIONS, **{name: value})} for name, value in OTHER_OPTIONS.items()),
        {"size": (64, 128)},
        {"epsilon": 0.01},
        {"precision": "bfloat16"},
        {"align_corners": True},
        {"seed": 1},
        {"identity": {"code": "another version"}},
    ],
    ids=lambda change: "-".join(map(str, change.values()))[:40],
)
def test_a_resumed_job_gives_what_an_undisturbed_one_gives(run, change):
    with pytest.raises(KilledError):
        run("job.pt", kill_at=4)
    assert run("job.pt", **change) == run("undisturbed.pt", **change)


@pytest.mark.parametrize(("role", "view"), [("training", "left"), ("training", "right"), ("validation", "disparity")])
def test_other_images_at_the_same_paths_are_another_job(run, samples, role, view):
    """Even with the time of the old ones."""
    with pytest.raises(KilledError):
        run("job.pt", kill_at=4)
    for sample in samples[role]:
        file = getattr(sample, view)
        status = Path(file).stat()
        image = cv2.imread(file, cv2.IMREAD_UNCHANGED)
        cv2.imwrite(file, np.ascontiguousarray(image[::-1]) if view != "disparity" else image + 256)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert run("job.pt") == run("undisturbed.pt")


def test_an_unchanged_job_goes_on_and_says_nothing(run, caplog):
    with pytest.raises(KilledError):
        run("job.pt", kill_at=4)
    assert run("job.pt") == run("undisturbed.pt")
    assert "starting afresh" not in caplog.text


def test_what_differs_is_named(run, caplog):
    with pytest.raises(KilledError):
        run("job.pt", kill_at=4)
    run("job.pt", options=replace(OPTIONS, alpha=0.002))
    assert "job.pt: unfinished work of a job with other alpha; starting afresh" in caplog.text
