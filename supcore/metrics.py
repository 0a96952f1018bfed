"""Disparity errors per image."""

import torch
from torch import Tensor

from supcore.inputs import check_maps


def valid_pixels(reference: Tensor, mask: Tensor | None = None) -> Tensor:
    """Where the reference counts: positive, finite, and inside ``mask`` if there is one. N×1×H×W bool.

    Examples:
        >>> valid_pixels(torch.tensor([[[[0.0, 5.0, float("nan")]]]])).tolist()
        [[[[False, True, False]]]]
    """
    valid = (reference > 0) & reference.isfinite()
    return valid if mask is None else valid & mask


def d1_error(disparity: Tensor, reference: Tensor, mask: Tensor | None = None) -> Tensor:
    """Percentage of valid pixels off by more than 3 px and more than 5 % of the reference.

    Args:
        disparity: N×1×H×W, pixels.
        reference: N×1×H×W, pixels; ground truth or a clean prediction. Values <= 0 and NaN do not count.
        mask: N×1×H×W bool, restricts the valid pixels further.

    Returns:
        N values in percent. An image without a valid pixel gives 0; tell it apart with :func:`valid_pixels`.

    Raises:
        InputError: maps of other types or shapes.

    Examples:
        Off by 4 px: wrong at 10 px, within 5 % at 100 px. The last pixel has no ground truth.

        >>> truth = torch.tensor([10.0, 100.0, 50.0, 50.0, 0.0]).view(1, 1, 1, 5)
        >>> disparity = torch.tensor([14.0, 104.0, 50.0, 50.0, 9.0]).view(1, 1, 1, 5)
        >>> d1_error(disparity, truth).tolist()
        [25.0]
    """
    check_maps(disparity=disparity, reference=reference, mask=mask)
    valid = valid_pixels(reference, mask)
    error = (disparity - reference).abs()
    right = (error <= 3) | (error <= 0.05 * reference.abs())
    wrong = valid & ~right  # a NaN prediction is wrong
    return 100 * _mean_over_image(wrong.to(torch.float64), valid)


def end_point_error(disparity: Tensor, reference: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean absolute disparity error over the valid pixels: N values in pixels; arguments as :func:`d1_error`.

    Examples:
        >>> truth = torch.tensor([10.0, 20.0, 0.0]).view(1, 1, 1, 3)
        >>> disparity = torch.tensor([11.0, 23.0, 99.0]).view(1, 1, 1, 3)
        >>> end_point_error(disparity, truth).tolist()
        [2.0]
        >>> end_point_error(disparity, truth, mask=truth > 15).tolist()
        [3.0]
    """
    check_maps(disparity=disparity, reference=reference, mask=mask)
    valid = valid_pixels(reference, mask)
    error = torch.where(valid, (disparity - reference).abs(), 0).to(torch.float64)
    return _mean_over_image(error, valid)


def bad_pixels(disparity: Tensor, reference: Tensor, limit: float, mask: Tensor | None = None) -> Tensor:
    """Percentage of valid pixels off by more than ``limit`` pixels, "bad-1" for 1: N values.

    Args:
        disparity: as of :func:`d1_error`; a NaN is wrong.
        reference: the same.
        limit: in pixels, at least 0.
        mask: the same.

    Raises:
        InputError: maps of other types or shapes.

    Examples:
        >>> truth = torch.tensor([10.0, 100.0, 50.0, 0.0]).view(1, 1, 1, 4)
        >>> disparity = torch.tensor([11.0, 101.5, 50.0, 9.0]).view(1, 1, 1, 4)
        >>> [bad_pixels(disparity, truth, limit).round().tolist() for limit in (0.5, 1, 2)]
        [[67.0], [33.0], [0.0]]
    """
    check_maps(disparity=disparity, reference=reference, mask=mask)
    valid = valid_pixels(reference, mask)
    wrong = valid & ~((disparity - reference).abs() <= limit)
    return 100 * _mean_over_image(wrong.to(torch.float64), valid)


def target_success(disparity: Tensor, target: Tensor) -> Tensor:
    """Percentage of the pixels with a positive target that are within 3 px of it: N values.

    Args:
        disparity: N×1×H×W, pixels.
        target: N×1×H×W, pixels, of a targeted attack.

    Raises:
        InputError: maps of other types or shapes.

    Examples:
        >>> target = torch.tensor([10.0, 20.0, 30.0, -1.0]).view(1, 1, 1, 4)
        >>> disparity = torch.tensor([13.0, 24.0, 30.0, 0.0]).view(1, 1, 1, 4)
        >>> target_success(disparity, target).round().tolist()
        [67.0]
    """
    check_maps(disparity=disparity, target=target)
    valid = valid_pixels(target)
    return 100 * _mean_over_image((valid & ((disparity - target).abs() <= 3)).to(torch.float64), valid)


def _mean_over_image(values: Tensor, valid: Tensor) -> Tensor:
    return values.flatten(1).sum(1) / valid.flatten(1).sum(1).clamp(min=1)
