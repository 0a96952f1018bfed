"""Targeted SUPs: where they lead, by which step, and what their optimization notes and keeps."""

from dataclasses import replace

import pytest
import torch

from supcore.attack import UniversalAttack
from supcore.attack.goal import Goal
from supcore.attack.optimization import SupOptions, optimize_sup
from supcore.errors import SupError
from supcore.metrics import target_success
from supcore.perturbation import StereoPerturbation

NEARER = Goal(shift=2.0)
OPTIONS = SupOptions(alpha=0.004, step_rule="sign", batch=1, steps=3, checkpoint_every=1, target=NEARER)


@pytest.fixture
def pairs(make_pairs):
    return make_pairs(2, seed=1, without_truth=(0, 1))


def new_sup():
    return StereoPerturbation((8, 16), (32, 64), 0.02)


def optimized(network, pairs, folder, options=OPTIONS, name="job.pt"):
    sup = new_sup()
    return sup, optimize_sup(network, sup, pairs, pairs, options, checkpoint=folder / name).history


def test_a_goal_is_the_clean_prediction_shifted_or_scaled():
    clean = torch.tensor([4.0, 20.0])
    assert Goal(shift=-5.0).disparity(clean).tolist() == [-1.0, 15.0]
    assert Goal(scale=0.5).disparity(clean).tolist() == [2.0, 10.0]
    assert Goal.of({"scale": 2}) == Goal(scale=2.0)
    assert Goal.of(None) is None
    assert str(Goal(shift=-5.0)) == "shift -5"


@pytest.mark.parametrize("wrong", [{}, {"shift": 5.0, "scale": 0.5}, {"scale": 0.0}, {"shift": float("nan")}])
def test_impossible_goals_are_refused(wrong):
    with pytest.raises(ValueError, match="shift"):
        Goal(**wrong)


@pytest.mark.parametrize("rule", ["clip", "sign", "normalized"])
def test_a_targeted_step_is_the_opposite_of_one_away_from_there(small_network, images, rule):
    """From the same target, given or made of the clean prediction; momentum carries it on in the same direction."""
    target = NEARER.disparity(small_network.predict(*images))
    away, there, own = new_sup(), new_sup(), new_sup()
    UniversalAttack(small_network, away, 1e-3, step_rule=rule).step(*images, target)
    attack = UniversalAttack(small_network, there, 1e-3, step_rule=rule, momentum=0.9, goal=NEARER)
    attack.step(*images, target)
    UniversalAttack(small_network, own, 1e-3, step_rule=rule, goal=NEARER).step(*images)
    for view in ("left", "right"):
        assert getattr(away, view).abs().max() > 0
        assert torch.equal(getattr(there, view), -getattr(away, view))
        assert torch.equal(getattr(own, view), getattr(there, view))
    before = attack.velocity.clone()
    attack.step(*images, target)
    assert (attack.velocity * before).sum() > 0


def test_every_network_is_led_to_its_own_disparity(small_network, make_small_network, images):
    networks = [small_network, make_small_network(seed=1)]
    given = [NEARER.disparity(network.predict(*images)) for network in networks]
    losses = [UniversalAttack(n, new_sup(), 1e-3).step(*images, t) for n, t in zip(networks, given, strict=True)]
    both = UniversalAttack(networks, new_sup(), 1e-3, goal=NEARER).step(*images)
    assert float(both) == pytest.approx(float(sum(losses)) / 2, rel=1e-6)


def test_success_is_the_share_within_three_pixels_of_the_target():
    target = torch.tensor([10.0, 10.0, 10.0, 200.0, 0.0, -2.0]).view(1, 1, 1, 6)
    disparity = torch.tensor([13.0, 7.0, 13.1, 204.0, 0.0, -2.0]).view(1, 1, 1, 6)
    assert target_success(disparity, target).tolist() == [50.0]  # 204 is within 5 % of 200, which does not count
    assert target_success(disparity * float("nan"), target).tolist() == [0.0]


def test_the_history_holds_the_success_on_the_validation_pairs(small_network, pairs, tmp_path):
    sup, history = optimized(small_network, pairs, tmp_path)
    small_network.eval()
    success = []
    for index in range(len(pairs)):
        views = pairs[index].views("cpu")
        target = NEARER.disparity(small_network.predict(*views))
        success.append(float(target_success(small_network.predict(*sup(*views)), target)))
    assert history[-1]["target_success"] == pytest.approx(sum(success) / len(success))
    assert history[-1]["loss"] < history[0]["loss"]
    _, untargeted = optimized(small_network, pairs, tmp_path, replace(OPTIONS, target=None), "other.pt")
    assert set(history[0]) - set(untargeted[0]) == {"target_success"}


def test_the_best_is_that_of_the_highest_success(small_network, pairs, tmp_path, monkeypatch):
    """Without ground truth, whatever the errors are; the successes of the three validations are given."""
    given = iter([*[5.0] * len(pairs), *[9.0] * len(pairs), *[7.0] * len(pairs)])
    monkeypatch.setattr("supcore.attack.validation.target_success", lambda *_: torch.tensor([next(given)]))
    sup = new_sup()
    options = replace(OPTIONS, selection="best")
    optimize_sup(small_network, sup, pairs, pairs, options, checkpoint=tmp_path / "job.pt")
    assert sup.train_step == 2


def test_unfinished_work_towards_another_target_is_not_taken_up(small_network, pairs, tmp_path):
    optimized(small_network, pairs, tmp_path)
    farther = replace(OPTIONS, target=Goal(shift=-2.0))
    found, _ = optimized(small_network, pairs, tmp_path, farther)
    expected, _ = optimized(small_network, pairs, tmp_path, farther, "fresh.pt")
    assert torch.equal(found.left, expected.left)


def test_a_target_that_is_positive_nowhere_is_refused(small_network, pairs, tmp_path):
    with pytest.raises(SupError, match=r"the target \(shift -99\) is not positive at any pixel; choose one nearer"):
        optimized(small_network, pairs, tmp_path, replace(OPTIONS, target=Goal(shift=-99.0)))
