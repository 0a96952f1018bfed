"""What an optimization notes along the way, which SUP it keeps, and which unfinished work it takes up."""

from dataclasses import asdict, replace

import pytest
import torch

from supcore.attack import optimization
from supcore.attack.optimization import SupOptions, optimize_sup
from supcore.perturbation import StereoPerturbation

pytestmark = pytest.mark.thorough

OPTIONS = SupOptions(alpha=1e-6, batch=1, steps=4, seed=3, checkpoint_every=2)


class Validator:
    """Stands for the validation: the given D1 at every call, one after the other."""

    has_ground_truth = True

    def __init__(self, *errors):
        self.errors = iter(errors)

    def __call__(self, perturbation):
        return {"d1_ground_truth": next(self.errors), "d1_clean": 50.0}


@pytest.fixture
def run(small_network, make_pairs, tmp_path, monkeypatch):
    """Runs an optimization with the D1 of its validations given; returns the SUP and the history."""
    pairs = make_pairs(4, seed=1)

    def run(options=OPTIONS, errors=(1.0,) * 4, checkpoint="job.pt", training=pairs, epsilon=0.02):
        monkeypatch.setattr(optimization, "SupValidator", lambda *_: Validator(*errors))
        sup = StereoPerturbation((8, 16), (32, 64), epsilon)
        result = optimize_sup(small_network, sup, training, training, options, checkpoint=tmp_path / checkpoint)
        return sup, result.history

    return run


def test_what_a_configuration_leaves_open_is_this():
    assert asdict(SupOptions(alpha=1e-4)) == {
        "alpha": 1e-4,
        "step_rule": "clip",
        "momentum": 0.0,
        "batch": 2,
        "steps": None,
        "seed": 0,
        "checkpoint_every": 500,
        "snapshot_steps": (),
        "selection": "last",
        "target": None,
        "workers": 0,
    }


def test_a_row_holds_the_means_since_the_last_one(run):
    _, single = run(replace(OPTIONS, checkpoint_every=1), checkpoint="single.pt")
    _, paired = run()
    for row, parts in zip(paired, (single[:2], single[2:]), strict=True):
        for name in ("loss", "clipped_fraction"):
            assert row[name] == pytest.approx((parts[0][name] + parts[1][name]) / 2, rel=1e-9)
    assert len({row["loss"] for row in single}) == 4
    assert 0 < single[0]["clipped_fraction"] < 1


def test_a_row_holds_the_norms_of_both_tiles(run):
    """The largest element may be a negative one."""
    largest = []
    for seed in range(4):
        sup, history = run(replace(OPTIONS, seed=seed, alpha=1.0), checkpoint=f"{seed}.pt", epsilon=1.0)
        elements = torch.cat((sup.left.flatten(), sup.right.flatten()))
        assert history[-1]["linf"] == pytest.approx(float(elements.abs().max()), rel=1e-6)
        assert history[-1]["l2"] == pytest.approx(float(elements.square().sum().sqrt()), rel=1e-5)
        largest.append(bool(-elements.min() > elements.max()))
    assert any(largest)


@pytest.mark.parametrize(
    ("errors", "step"), [((0.0, 0.0), 2), ((5.0, 5.0), 2), ((5.0, 6.0), 4), ((6.0, 5.0), 2)], ids=str
)
def test_the_best_is_the_first_of_the_highest_error(run, errors, step):
    """The release asks for a strictly higher one; even an attack without any effect has a best step."""
    sup, _ = run(replace(OPTIONS, selection="best"), errors)
    stopped, _ = run(replace(OPTIONS, steps=step), checkpoint="stopped.pt")
    assert sup.train_step == step
    assert torch.equal(sup.left, stopped.left)


@pytest.mark.parametrize("other", ["pairs", "epsilon"])
def test_unfinished_work_on_other_pairs_or_another_epsilon_is_not_taken_up(run, make_pairs, other):
    """A finished checkpoint would otherwise be the result without a step."""
    change = {"training": make_pairs(4, seed=7)} if other == "pairs" else {"epsilon": 1e-7}
    run()
    found, _ = run(**change)
    expected, _ = run(**change, checkpoint="fresh.pt")
    assert torch.equal(found.left, expected.left)
    assert found.left.abs().max() <= expected.epsilon
