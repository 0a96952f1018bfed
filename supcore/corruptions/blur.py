"""Blur of lenses and of glass: H×W×3 float images in [0, 1]."""

from collections.abc import Sequence

import cv2
import numpy as np

from supcore.corruptions.eight_bit import from_uint8, to_uint8
from supcore.corruptions.geometry import clipped_zoom


def gaussian_blur(image: np.ndarray, size: int, sigma: float) -> np.ndarray:
    """Gaussian filter with a ``size``×``size`` kernel, mirrored at the border without repeating the edge pixel."""
    return cv2.GaussianBlur(image, (size, size), sigma)


def defocus_blur(image: np.ndarray, radius: float, alias_blur: float) -> np.ndarray:
    """Convolution with an anti-aliased disk."""
    return cv2.filter2D(image, -1, disk(radius, alias_blur))


def disk(radius: float, alias_blur: float) -> np.ndarray:
    """The point spread function of a lens out of focus, summing to 1.

    Args:
        radius: in pixels; the grid is 17×17 for up to 8, and as wide as the disk beyond.
        alias_blur: standard deviation of the Gaussian that softens its rim.
    """
    reach, size = (8, 3) if radius <= 8 else (int(radius), 5)
    axis = np.arange(-reach, reach + 1)
    inside = (axis[:, None] ** 2 + axis**2 <= radius**2).astype(np.float32)
    return cv2.GaussianBlur(inside / inside.sum(), (size, size), alias_blur)


def glass_blur(image: np.ndarray, sigma: float, reach: int, rounds: int, random: np.random.Generator) -> np.ndarray:
    """Gaussian blur, local shuffling of the 8-bit pixels, Gaussian blur again."""
    shuffled = to_uint8(_smooth(image, sigma))
    for _ in range(rounds):
        shuffled = shuffle(shuffled, random.integers(-reach, reach, (2, *image.shape[:2])), reach)
    return _smooth(from_uint8(shuffled), sigma)


def shuffle(image: np.ndarray, steps: np.ndarray, reach: int) -> np.ndarray:
    """Copy to each pixel, from the bottom right to the top left, the pixel at its random step.

    The original means to swap the two, but its assignment between overlapping NumPy views only copies; that is kept.
    A step to a pixel already visited takes what was copied there, so the sources are the ends of chains of steps:
    they are followed for all pixels at once, doubling the length each time.

    Args:
        image: H×W×C.
        steps: 2×H×W integers in [-reach, reach): down, right.
        reach: a border this wide is not visited.
    """
    height, width = image.shape[:2]
    count = height * width
    y, x = np.meshgrid(*(np.arange(reach + 1, side - reach + 1) for side in (height, width)), indexing="ij")
    visited = np.zeros((height, width), bool)
    visited[y, x] = True
    here = (y * width + x).ravel()
    there = ((y + steps[0, y, x]) * width + x + steps[1, y, x]).ravel()
    # Node p is the pixel p afterwards, node count + p the pixel p before, where chains end.
    before = np.arange(count, 2 * count)
    follow = np.concatenate((before, before))
    follow[here] = np.where((there > here) & visited.ravel()[there], there, there + count)
    while (follow[:count] < count).any():
        follow = follow[follow]
    return image.reshape(count, -1)[follow[:count] - count].reshape(image.shape)


def zoom_blur(image: np.ndarray, factors: Sequence[float]) -> np.ndarray:
    """Mean of the image and its center at each of the zoom ``factors``."""
    total = image.copy()
    for factor in factors:
        total += clipped_zoom(image, factor)
    return total / (len(factors) + 1)


def _smooth(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian filter cut at four standard deviations; beyond the border the nearest pixel counts."""
    size = 2 * int(4 * sigma + 0.5) + 1
    return cv2.GaussianBlur(image, (size, size), sigma, borderType=cv2.BORDER_REPLICATE)
