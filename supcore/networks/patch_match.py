"""Differentiable PatchMatch along image rows, one disparity per interval and pixel."""

import torch
import torch.nn.functional as F
from torch import Tensor

# Sharpness of the choice among propagated candidates.
TEMPERATURE = 7.0


def shift_similarity(left: Tensor, right: Tensor, largest: int) -> Tensor:
    """Mean product over channels of left features and right features shifted by 0 … ``largest`` columns.

    PatchMatch rounds its candidates to whole columns, so all of its evaluations read from this one volume.

    Args:
        left: N×C×H×W.
        right: the same shape.
        largest: the largest shift, in columns.

    Returns:
        N×(largest + 1)×H×W, zero where the shift leaves the right image.
    """
    width = left.shape[-1]
    padded = F.pad(right, (largest, 0))
    shifted = (padded[..., largest - shift : largest - shift + width] for shift in range(largest + 1))
    return torch.stack([(left * features).mean(dim=1) for features in shifted], dim=1)


def patch_match(similarity: Tensor, minimum: Tensor, maximum: Tensor, noise: Tensor, iterations: int = 2) -> Tensor:
    """Find one well-matching disparity in each of K equal intervals of every pixel's search range.

    Each iteration looks at the row neighbors, then at the column neighbors: a pixel's three candidates in an
    interval are averaged with softmax weights of their similarity. What is propagated is the position within the
    interval, and beyond the border it is 0.

    Args:
        similarity: N×S×H×W from :func:`shift_similarity`, S - 1 at least the largest ``maximum``.
        minimum: N×1×H×W, lower ends of the search ranges, at least 0; rounded down.
        maximum: N×1×H×W, upper ends; rounded up.
        noise: N×K×H×W initial positions in the intervals, in [0, 1].
        iterations: of both directions.

    Returns:
        N×K×H×W disparities in columns, differentiable with respect to ``similarity``.
    """
    minimum = minimum.floor()
    span = maximum.ceil() - minimum
    starts = interval_starts(minimum, span, noise.shape[1]).unsqueeze(2)
    length = 1 / noise.shape[1]
    positions, disparities = noise, noise
    for dim in (-1, -2) * iterations:
        candidates = _neighbors(positions, dim)
        # Not span * length * candidates: the samples are truncated later, so the order of rounding matters.
        values = candidates * span.unsqueeze(2) * length + starts
        weights = F.softmax(TEMPERATURE * _look_up(similarity, values), dim=2)
        positions = (candidates * weights).sum(dim=2)
        disparities = (values * weights).sum(dim=2)
    return disparities


def interval_starts(minimum: Tensor, span: Tensor, count: int) -> Tensor:
    """Lower ends of ``count`` equal intervals of [minimum, minimum + span]: N×1×H×W to N×count×H×W."""
    fractions = torch.arange(count, device=span.device, dtype=torch.float64) * (1 / count)
    return minimum + span * fractions.to(span.dtype).view(-1, 1, 1)


def _neighbors(positions: Tensor, dim: int) -> Tensor:
    """The values before, at and after each pixel along ``dim`` (-1 or -2): N×K×H×W to N×K×3×H×W."""
    size = positions.shape[dim]
    padded = F.pad(positions, (1, 1) if dim == -1 else (0, 0, 1, 1))
    return torch.stack([padded.narrow(dim, first, size) for first in range(3)], dim=2)


def _look_up(similarity: Tensor, disparities: Tensor) -> Tensor:
    """Similarity at N×K×3×H×W disparities; one that leaves the image is matched with the first column."""
    width = similarity.shape[-1]
    columns = torch.arange(width, device=disparities.device)
    source = (columns - disparities).clamp(0, width - 1).long()
    shift = (columns - source).clamp(0, similarity.shape[1] - 1)
    return similarity.gather(1, shift.flatten(1, 2)).view_as(disparities)
