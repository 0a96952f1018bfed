"""The steps of Auto-PGD (Croce and Hein, ICML 2020), for bounds of the largest element."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

MOMENTUM = 0.75
RISING_SHARE = 0.75

Losses = Callable[[Tensor], Tensor]
Gradients = Callable[[Tensor], tuple[Tensor, Tensor]]
Project = Callable[[Tensor], Tensor]


def checkpoints(steps: int) -> list[int]:
    """Steps after which the length of steps is looked at: rarely at first, every 6 % of the run in the end.

    Examples:
        >>> checkpoints(100)
        [22, 41, 57, 70, 80, 87, 93, 99]
    """
    # In hundredths, because 0.22 + 0.19 and the like would round up to a step more.
    shares = [0, 22]
    while shares[-1] + (length := max(shares[-1] - shares[-2] - 3, 6)) <= 100:
        shares.append(shares[-1] + length)
    return [math.ceil(share * steps / 100) for share in shares[1:]]


def ascend(start: Tensor, steps: int, epsilon: float, gradients: Gradients, losses: Losses, project: Project) -> Tensor:
    """Ascend the losses of N points, each with steps of its own length; returns the best point that each came by.

    Steps have twice epsilon at first. At a checkpoint a point halves its steps, and goes on from its best place, if
    fewer than 75 % of the steps since the last checkpoint raised its loss, or if neither its best loss nor its steps
    changed in that time.

    Args:
        start: N×….
        steps: number of gradients.
        epsilon: bound of an element.
        gradients: the N losses at given points and their gradients there.
        losses: the N losses alone, for the last points.
        project: back onto what is allowed.
    """
    points, previous = start, start
    length = torch.full((len(start),), 2 * epsilon, dtype=start.dtype, device=start.device)
    now, gradient = gradients(points)
    best, best_points, best_gradient = now, points, gradient
    rises = torch.zeros_like(now)
    halved = torch.zeros_like(now, dtype=torch.bool)
    last, best_then = 0, best
    looked_at = set(checkpoints(steps))
    for step in range(1, steps + 1):
        ahead = project(points + _each(length, points) * gradient.sign())
        momentum = MOMENTUM if step > 1 else 1.0
        moved = points + momentum * (ahead - points) + (1 - momentum) * (points - previous)
        previous, points, before = points, project(moved), now
        # The last point needs no gradient.
        now, gradient = gradients(points) if step < steps else (losses(points), gradient)
        rises = rises + (now > before)
        better = now > best
        best = torch.where(better, now, best)
        best_points, best_gradient = (
            torch.where(_each(better, new), new, old) for new, old in ((points, best_points), (gradient, best_gradient))
        )
        if step in looked_at and step < steps:
            stuck = ~halved & (best == best_then)
            halved = (rises < RISING_SHARE * (step - last)) | stuck
            length = torch.where(halved, length / 2, length)
            points, now = torch.where(_each(halved, points), best_points, points), torch.where(halved, best, now)
            gradient = torch.where(_each(halved, gradient), best_gradient, gradient)
            rises, last, best_then = torch.zeros_like(rises), step, best
    return best_points


def _each(values: Tensor, like: Tensor) -> Tensor:
    """N values in the shape that multiplies N points."""
    return values.view(-1, *[1] * (like.dim() - 1))
