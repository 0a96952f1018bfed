"""Clean predictions made beforehand take the place of those of every step, and change nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from supcore.attack.goal import Goal
from supcore.attack.optimization import SupOptions, optimize_sup
from supcore.attack.universal import UniversalAttack
from supcore.data.dataset import stack_pairs
from supcore.inputs import InputError
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation

OPTIONS = SupOptions(alpha=0.004, step_rule="sign", batch=1, steps=4, seed=3, checkpoint_every=4)


class KilledError(Exception):
    """Stands for a kill: raised from the progress callback."""


@pytest.fixture
def optimized(make_small_network, make_pairs, tmp_path):
    """Tiles of an optimization, with stored predictions times ``factor``, or without any; and forward passes."""
    networks = [make_small_network(seed=0), make_small_network(seed=1)]
    pairs, validation = make_pairs(3, seed=1), make_pairs(1, seed=2)
    predicted = [[n.predict(*stack_pairs([pair]).views()).numpy()[0] for pair in pairs] for n in networks]

    def run(options=OPTIONS, factor=None, kill_at=None):
        def progress(step, row):
            if step == kill_at:
                raise KilledError

        sup = StereoPerturbation((8, 16), (32, 64), 0.02)
        clean = None if factor is None else [factor * np.stack(maps) for maps in predicted]
        checkpoint = tmp_path / f"{factor}.pt"
        optimize_sup(networks, sup, pairs, validation, options, checkpoint=checkpoint, clean=clean, progress=progress)
        return sup.left, sup.right

    return run


@pytest.mark.parametrize("target", [None, Goal(shift=3.0)])
def test_stored_predictions_give_the_same_tiles(optimized, target):
    """Of several networks, each with its own; other predictions give others, so these are what counts."""
    options = replace(OPTIONS, target=target)
    left, right = optimized(options)
    stored_left, stored_right = optimized(options, factor=1.0)
    assert stored_left.equal(left)
    assert stored_right.equal(right)
    assert not optimized(options, factor=0.5)[0].equal(left)


def test_a_step_predicts_nothing_that_is_stored(optimized, monkeypatch):
    """Two networks on one pair: validated before and at the end, predicted in each of the four steps or not."""
    calls, predict = [], StereoNetwork.predict
    monkeypatch.setattr(
        StereoNetwork, "predict", lambda *views, **options: calls.append(1) or predict(*views, **options)
    )
    optimized()
    assert len(calls) == 2 * (2 + 4)
    calls.clear()
    optimized(factor=1.0)
    assert len(calls) == 2 * 2


def test_an_unfinished_run_with_stored_predictions_is_not_taken_up_without(optimized, tmp_path):
    """Rounding differs between batches, so its bytes may be others."""
    options = replace(OPTIONS, checkpoint_every=2)
    undisturbed = optimized(options)
    (tmp_path / "None.pt").unlink()
    with pytest.raises(KilledError):
        optimized(options, factor=0.5, kill_at=3)
    (tmp_path / "0.5.pt").rename(tmp_path / "None.pt")
    assert optimized(options)[0].equal(undisturbed[0])


def test_stored_predictions_of_another_size_are_refused(make_small_network, images):
    attack = UniversalAttack(make_small_network(), StereoPerturbation((8, 16), (32, 64), 0.02), alpha=0.004)
    with pytest.raises(InputError, match="clean"):
        attack.step(*images, clean=[torch.ones(2, 1, 16, 64)])
