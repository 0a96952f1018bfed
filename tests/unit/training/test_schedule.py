"""Learning rates change exactly where a recipe says."""

import pytest
import torch

from supcore.errors import SupError
from supcore.training import Piecewise
from supcore.training.schedule import OneCycle


def rates(schedule, steps, unit=1):
    """The rate that each step is taken with."""
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=schedule.learning_rate)
    scheduler = schedule.scheduler(optimizer, steps, unit)
    used = []
    for _ in range(steps):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return used


def test_pieces_change_after_the_given_steps():
    assert rates(Piecewise((1e-3, 7e-4, 1e-4), (2, 3)), 5) == [1e-3, 1e-3, 7e-4, 1e-4, 1e-4]


def test_pieces_change_after_the_given_epochs():
    assert rates(Piecewise((1e-3, 1e-4), (2,)), 9, unit=3) == [1e-3] * 6 + [1e-4] * 3


def test_one_piece_is_constant():
    assert rates(Piecewise((1e-4,)), 4) == [1e-4] * 4


def test_one_cycle_rises_to_its_peak_and_falls_to_zero():
    used = rates(OneCycle(1e-3), 50)
    assert max(used) == pytest.approx(1e-3)
    assert used.index(max(used)) == 4
    assert used[-1] < 1e-6


@pytest.mark.parametrize(("steps", "warm_up"), [(3, 1), (5, 1), (10, 1), (19, 1), (30, 2), (100, 9)])
def test_one_cycle_warms_up_over_a_tenth_of_the_steps(steps, warm_up):
    """A shorter warm-up would begin at the peak."""
    used = rates(OneCycle(1e-3), steps)
    assert used.index(max(used)) == warm_up
    assert used[0] == pytest.approx(1e-3 / 25)


def test_one_cycle_leaves_the_momentum_of_the_optimizer_alone():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    scheduler = OneCycle(1e-3).scheduler(optimizer, 10, 1)
    for _ in range(9):
        assert optimizer.param_groups[0]["betas"] == (0.9, 0.999)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("changes", [(), (1, 2)])
def test_numbers_of_rates_and_changes_must_fit(changes):
    with pytest.raises(SupError, match=f"2 learning_rates need 1 values in change_at, got {len(changes)}"):
        Piecewise((1e-3, 1e-4), changes)


@pytest.mark.parametrize("changes", [(5, 3), (3, 3)])
def test_changes_must_increase(changes):
    with pytest.raises(SupError, match=f"must increase, got {changes[0]}, {changes[1]}"):
        Piecewise((1e-3, 1e-4, 1e-5), changes)
