"""Semi-global matching (Hirschmüller, PAMI 2008) on a given volume of costs, without gradients.

Costs are summed along eight paths to every pixel, on each of which a change of disparity has a price. What the right
view does not confirm is filled from the background.
"""

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


@torch.no_grad()
def semi_global_disparity(costs: Tensor, small: float, large: float) -> Tensor:
    """The disparity of every pixel, in fractions of a pixel.

    Args:
        costs: N×H×W×D, of left column x matched with right column x - d; smaller is better.
        small: penalty for a disparity that changes by 1 from one pixel of a path to the next.
        large: for one that changes by more.

    Returns:
        N×1×H×W, from 0 to D - 1.
    """
    total = aggregate(costs, small, large)
    left, right = lowest(total), lowest(seen_from_the_right(total))
    confirmed = torch.where(agrees(left, right), left, torch.nan)
    return fill_from_background(confirmed).unsqueeze(1)


def aggregate(costs: Tensor, small: float, large: float) -> Tensor:
    """Sum of the path costs of all eight directions (equation 13 of the paper), N×H×W×D."""
    total = torch.zeros_like(costs)
    for axis, slants in ((1, (-1, 0, 1)), (2, (0,))):
        lines, sums = costs.movedim(axis, 0), total.movedim(axis, 0)
        for order in (range(len(lines)), reversed(range(len(lines)))):
            _walk(lines, sums, order, slants, (small, large))
    return total


def _walk(
    lines: Tensor, sums: Tensor, order: Iterable[int], slants: Sequence[int], penalties: tuple[float, float]
) -> None:
    """Add to the ``sums`` what paths from line to line cost that move ``slants`` pixels along it at every step."""
    carried = lines.new_zeros(len(slants), *lines.shape[1:])
    for line in order:
        paths = lines[line] + carried
        sums[line] += paths.sum(dim=0)
        onward = _cheapest_change(paths, *penalties)
        carried = torch.stack([_moved(path, slant) for path, slant in zip(onward, slants, strict=True)])


def _cheapest_change(paths: Tensor, small: float, large: float) -> Tensor:
    """What it costs to arrive at each disparity from the cheapest one before it; ...×D, at least 0."""
    least = paths.amin(dim=-1, keepdim=True)
    best = torch.minimum(paths, least + large)
    best[..., 1:] = torch.minimum(best[..., 1:], paths[..., :-1] + small)
    best[..., :-1] = torch.minimum(best[..., :-1], paths[..., 1:] + small)
    return best - least


def _moved(carried: Tensor, slant: int) -> Tensor:
    """N×L×D moved along L; new paths begin at the end that becomes free."""
    length = carried.shape[1]
    return F.pad(carried, (0, 0, max(slant, 0), max(-slant, 0)))[:, max(-slant, 0) :][:, :length]


def lowest(costs: Tensor) -> Tensor:
    """Where ...×D costs are lowest, by a parabola through the lowest one and its neighbors."""
    least, index = costs.min(dim=-1, keepdim=True)
    last = costs.shape[-1] - 1
    before, after = (costs.gather(-1, (index + step).clamp(0, last)) for step in (-1, 1))
    bend = before + after - 2 * least
    inner = (index > 0) & (index < last) & bend.isfinite() & (bend > 0)
    shift = torch.where(inner, (before - after) / (2 * bend), 0)
    return (index + shift).squeeze(-1)


def seen_from_the_right(costs: Tensor) -> Tensor:
    """N×H×W×D costs by the column of the right view: those of right column x with left x + d, inf outside."""
    width, disparities = costs.shape[2:]
    columns = torch.arange(width, device=costs.device).unsqueeze(1) + torch.arange(disparities, device=costs.device)
    moved = costs.gather(2, columns.clamp(max=width - 1).expand_as(costs))
    return moved.masked_fill(columns >= width, torch.inf)


def agrees(left: Tensor, right: Tensor) -> Tensor:
    """Whether the right view's N×H×W disparity, where the left one's points, is the same to a pixel."""
    columns = torch.arange(left.shape[2], device=left.device) - left.round().long()
    return (columns >= 0) & ((right.gather(2, columns.clamp(min=0)) - left).abs() <= 1)


def fill_from_background(disparity: Tensor) -> Tensor:
    """Fill the NaN of ...×H×W maps as KITTI's development kit fills sparse submissions.

    A gap takes the smaller of the two disparities beside it in its row: what one view does not see is background. Rows
    without any disparity are filled in the same way from those above and below; an empty map becomes 0.
    """
    for axis in (-1, -2):
        backwards = _carried_on(disparity.flip(axis), axis).flip(axis)
        disparity = torch.fmin(_carried_on(disparity, axis), backwards)
    return disparity.nan_to_num(nan=0.0)


def _carried_on(values: Tensor, axis: int) -> Tensor:
    """Every NaN replaced by the last number before it along the axis, if there is one."""
    positions = torch.arange(values.shape[axis], device=values.device)
    positions = positions if axis == -1 else positions.unsqueeze(-1)
    last = torch.where(values.isnan(), 0, positions).cummax(dim=axis).values
    return values.gather(axis, last)
