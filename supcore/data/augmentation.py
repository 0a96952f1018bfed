"""Augmentation of training pairs that keeps left and right consistent and the disparity true."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from supcore.data.dataset import StereoPair, to_unit_range
from supcore.errors import SupError


@dataclass(frozen=True)
class AugmentationOptions:
    """Strength of the training augmentation.

    Attributes:
        crop_size: (H, W) of the random crop.
        vertical_flip: probability of turning both views upside down, which keeps the disparity.
        color: half-width of the factors of brightness, contrast and each channel, drawn once for both views.
        view_color: the same, drawn for each view by itself: small, as between two real cameras.
        noise: largest standard deviation of Gaussian noise, drawn per view; 0 by default, because a network trained
            on noisy images withstands perturbations of that size better than the published ones.
    """

    crop_size: tuple[int, int]
    vertical_flip: float = 0.5
    color: float = 0.3
    view_color: float = 0.03
    noise: float = 0.0


def augment(
    pair: StereoPair, options: AugmentationOptions, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Random crop, vertical flip and photometric change.

    Args:
        pair: one pair, 3×H×W uint8 views and 1×H×W disparity.
        options: strengths.
        random: the only source of randomness.

    Returns:
        left and right 3×h×w float32 in [0, 1], and disparity 1×h×w.
    """
    height, width = pair.left.shape[-2:]
    h, w = options.crop_size
    if h > height or w > width:
        raise SupError(f"training crop {h}x{w} is larger than the images, {height}x{width}; choose a smaller crop_size")
    y, x = int(random.integers(height - h + 1)), int(random.integers(width - w + 1))
    window = (..., slice(y, y + h), slice(x, x + w))
    shared = _color_change(options.color, random)
    views = []
    for view in (pair.left, pair.right):
        image = to_unit_range(view[window])
        image = _apply_color(_apply_color(image, *shared), *_color_change(options.view_color, random))
        sigma = random.uniform(0, options.noise)
        image = image + torch.from_numpy(random.normal(0, sigma, image.shape).astype(np.float32))
        views.append(image.clamp(0, 1))
    disparity = pair.disparity[window]
    if random.random() < options.vertical_flip:
        return views[0].flip(-2), views[1].flip(-2), disparity.flip(-2)
    return views[0], views[1], disparity


def _color_change(strength: float, random: np.random.Generator) -> tuple[Tensor, float]:
    """Gain per channel and contrast factor."""
    brightness, contrast = random.uniform(1 - strength, 1 + strength, 2)
    channels = random.uniform(1 - strength / 2, 1 + strength / 2, 3)
    return torch.tensor(brightness * channels, dtype=torch.float32).view(3, 1, 1), float(contrast)


def _apply_color(image: Tensor, gain: Tensor, contrast: float) -> Tensor:
    mean = image.mean()
    return ((image - mean) * contrast + mean) * gain
