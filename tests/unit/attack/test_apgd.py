"""The steps of Auto-PGD: against the paper's algorithm written down for one point, and on a function with one peak."""

import pytest
import torch

from supcore.attack.apgd import ascend, checkpoints

EPSILON = 0.5
STARTS = EPSILON * (2 * torch.rand(16, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) - 1)


def project(points):
    return points.clamp(-EPSILON, EPSILON)


def wavy(points):
    """N×4 to N: many peaks of different height."""
    weights = torch.arange(1, 5, dtype=points.dtype)
    return ((7 * weights * points).sin() + points * weights).sum(1)


def sawtooth(points):
    """Rises nearly everywhere and falls at once, so that most steps rise and lead nowhere."""
    return (3 * points - 2.7 * points.floor()).sum(1)


def peak(points):
    return -(points - 0.1).square().sum(1)


def run(function, starts, steps):
    """The result, and every batch of points whose loss was asked for."""
    asked = []

    def losses(points):
        asked.append(points.detach().clone())
        return function(points)

    def gradients(points):
        points = points.detach().requires_grad_()
        values = losses(points)
        return values.detach(), torch.autograd.grad(values.sum(), points)[0]

    return ascend(starts, steps, EPSILON, gradients, losses, project), asked


def published(function, start, steps):
    """Algorithm 1 of the paper: the best point, and which of its two conditions halved the steps."""

    def value(point):
        return float(function(point[None]))

    def sign(point):
        return torch.autograd.functional.jacobian(lambda p: function(p[None])[0], point).sign()

    here = before = best = start
    length, rises, reasons = 2 * EPSILON, [], set()
    noted = length, value(best)
    for step in range(1, steps + 1):
        ahead = project(here + length * sign(here))
        new = ahead if step == 1 else project(here + 0.75 * (ahead - here) + 0.25 * (here - before))
        rises.append(value(new) > value(here))
        best = new if value(new) > value(best) else best
        before, here = here, new
        if step in checkpoints(steps):
            few, stuck = sum(rises) < 0.75 * len(rises), noted == (length, value(best))
            noted, rises = (length, value(best)), []
            if few or stuck:
                length, here = length / 2, best
                reasons.add("few" if few else "stuck")
    return best, reasons


def test_checkpoints_are_the_published_ones():
    """p0 = 0, p1 = 0.22, each interval 0.03 shorter than the one before but at least 0.06; rounded up."""
    assert checkpoints(100) == [22, 41, 57, 70, 80, 87, 93, 99]
    assert checkpoints(40) == [9, 17, 23, 28, 32, 35, 38, 40]


@pytest.mark.parametrize(
    ("function", "steps", "seen"),
    [(wavy, 1, set()), (wavy, 2, {"few"}), (wavy, 40, {"few"}), (sawtooth, 100, {"few", "stuck"})],
)
def test_every_point_of_a_batch_follows_the_published_algorithm(function, steps, seen):
    result, asked = run(function, STARTS, steps)
    expected, reasons = zip(*(published(function, start, steps) for start in STARTS), strict=True)
    torch.testing.assert_close(result, torch.stack(expected), rtol=0, atol=1e-12)
    assert len(asked) == steps + 1
    assert set.union(*reasons) >= seen  # else nothing here would tell that condition


def test_the_best_point_is_returned_and_not_the_last_one():
    result, asked = run(wavy, STARTS, 40)
    values = torch.stack([wavy(points) for points in asked])
    assert torch.equal(wavy(result), values.max(dim=0).values)
    assert (wavy(result) > values[-1]).any()


def test_shorter_steps_come_close_to_a_peak_inside():
    """Steps of twice epsilon jump over it; only by halving is it reached."""
    result, asked = run(peak, STARTS, 100)
    assert (asked[1].abs() == EPSILON).all()
    assert (result - 0.1).abs().max() < 0.02
