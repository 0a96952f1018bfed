"""Disparity errors per image."""

import torch
from torch import Tensor


def valid_pixels(reference: Tensor, mask: Tensor | None = None) -> Tensor:
    """Where the reference counts: positive, finite, and inside ``mask`` if there is one. N×1×H×W bool."""
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
    """
    valid = valid_pixels(reference, mask)
    error = (disparity - reference).abs()
    right = (error <= 3) | (error <= 0.05 * reference.abs())
    wrong = valid & ~right  # a NaN prediction is wrong
    return 100 * _mean_over_image(wrong.to(torch.float64), valid)


def end_point_error(disparity: Tensor, reference: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean absolute disparity error over the valid pixels: N values in pixels; arguments as :func:`d1_error`."""
    valid = valid_pixels(reference, mask)
    error = torch.where(valid, (disparity - reference).abs(), 0).to(torch.float64)
    return _mean_over_image(error, valid)


def _mean_over_image(values: Tensor, valid: Tensor) -> Tensor:
    return values.flatten(1).sum(1) / valid.flatten(1).sum(1).clamp(min=1)
