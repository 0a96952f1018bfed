"""Augmentation of training pairs that keeps left and right consistent and the disparity true."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from supcore.data.dataset import StereoPair, to_unit_range
from supcore.errors import SupError
from supcore.networks.base import IMAGENET_MEAN


@dataclass(frozen=True)
class AugmentationOptions:
    """Strength of the training augmentation.

    Attributes:
        crop_size: (H, W) of the random crop; None keeps whole images.
        vertical_flip: probability of turning both views upside down, which keeps the disparity.
        inverted_flip: read ``vertical_flip`` as the release does, as the probability of not flipping: 1 means never.
        color: half-width of the factors of brightness, contrast and each channel, drawn once for both views.
        view_color: the same, drawn for each view by itself: small, as between two real cameras.
        noise: largest standard deviation of Gaussian noise, drawn per view; 0 by default, because a network trained
            on noisy images withstands perturbations of that size better than the published ones.
        input_diversity: probability of shrinking a whole batch, see :func:`shrink_and_pad`.
        skip_last_offset: crops never end at the last row or column, as the release's fine-tuning draws them.
    """

    crop_size: tuple[int, int] | None
    vertical_flip: float = 0.5
    inverted_flip: bool = False
    color: float = 0.3
    view_color: float = 0.03
    noise: float = 0.0
    input_diversity: float = 0.0
    skip_last_offset: bool = False

    @property
    def flip_probability(self) -> float:
        """How often pairs are flipped."""
        return 1 - self.vertical_flip if self.inverted_flip else self.vertical_flip

    @property
    def photometric(self) -> bool:
        """Whether anything but geometry changes; the published recipes leave the values of pixels alone."""
        return any((self.color, self.view_color, self.noise))


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
    window = _random_window(pair.left.shape[-2:], options, random)
    views = [to_unit_range(view[window]) for view in (pair.left, pair.right)]
    if options.photometric:
        views = _change_photometry(views, options, random)
    disparity = pair.disparity[window]
    if random.random() < options.flip_probability:
        return views[0].flip(-2), views[1].flip(-2), disparity.flip(-2)
    return views[0], views[1], disparity


def shrink_and_pad(
    left: Tensor, right: Tensor, disparity: Tensor, options: AugmentationOptions, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Input diversity (Xie et al., CVPR 2019), with the probability of the options, alike for the whole batch.

    The images shrink (bilinear) to a random 90 % (rounded down) to 100 % of each side and are padded to their size at a
    random place with the mean color, which is zero after a network's normalization. The disparity (nearest) is padded
    with 0, no ground truth, and scaled with the width.

    Args:
        left: N×3×h×w in [0, 1].
        right: the same shape.
        disparity: N×1×h×w, pixels.
        options: only ``input_diversity`` counts.
        random: the only source of randomness.

    Returns:
        The three, of the same shapes.
    """
    if random.random() >= options.input_diversity:
        return left, right, disparity
    height, width = left.shape[-2:]
    h, w = (int(random.integers(9 * side // 10, side + 1)) for side in (height, width))
    y, x = int(random.integers(height - h + 1)), int(random.integers(width - w + 1))
    window = (..., slice(y, y + h), slice(x, x + w))
    views = []
    for view in (left, right):
        padded = torch.tensor(IMAGENET_MEAN).view(3, 1, 1).expand_as(view).clone()
        padded[window] = F.interpolate(view, (h, w), mode="bilinear", align_corners=False)
        views.append(padded)
    target = torch.zeros_like(disparity)
    target[window] = F.interpolate(disparity, (h, w), mode="nearest") * (w / width)
    return views[0], views[1], target


def _random_window(
    size: torch.Size, options: AugmentationOptions, random: np.random.Generator
) -> tuple[EllipsisType, slice, slice]:
    height, width = size
    h, w = options.crop_size or size
    if h > height or w > width:
        raise SupError(f"training crop {h}x{w} is larger than the images, {height}x{width}; choose a smaller crop_size")
    # A side that is taken whole has one offset anyway.
    offsets = (max(1, room + 1 - options.skip_last_offset) for room in (height - h, width - w))
    y, x = (int(random.integers(count)) for count in offsets)
    return ..., slice(y, y + h), slice(x, x + w)


def _change_photometry(
    views: Sequence[Tensor], options: AugmentationOptions, random: np.random.Generator
) -> list[Tensor]:
    shared = _color_change(options.color, random)
    changed = []
    for view in views:
        image = _apply_color(_apply_color(view, *shared), *_color_change(options.view_color, random))
        sigma = random.uniform(0, options.noise)
        image = image + torch.from_numpy(random.normal(0, sigma, image.shape).astype(np.float32))
        changed.append(image.clamp(0, 1))
    return changed


def _color_change(strength: float, random: np.random.Generator) -> tuple[Tensor, float]:
    """Gain per channel and contrast factor."""
    brightness, contrast = random.uniform(1 - strength, 1 + strength, 2)
    channels = random.uniform(1 - strength / 2, 1 + strength / 2, 3)
    return torch.tensor(brightness * channels, dtype=torch.float32).view(3, 1, 1), float(contrast)


def _apply_color(image: Tensor, gain: Tensor, contrast: float) -> Tensor:
    mean = image.mean()
    return ((image - mean) * contrast + mean) * gain
