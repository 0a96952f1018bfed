"""Zoom and elastic deformation: H×W×C float images."""

import math

import cv2
import numpy as np
from scipy.ndimage import map_coordinates


def clipped_zoom(image: np.ndarray, factor: float) -> np.ndarray:
    """The center of the image, enlarged bilinearly by ``factor`` >= 1 to the image's size, the corner pixels aligned.

    The original crops a square; here both sides are cropped in proportion.
    """
    for axis, side in enumerate(image.shape[:2]):
        cropped = math.ceil(side / factor)
        enlarged = round(cropped * factor)
        trimmed = (enlarged - side) // 2
        places = (np.arange(side) + trimmed) * (cropped - 1) / max(enlarged - 1, 1)  # within the crop
        image = _interpolate(image, places + (side - cropped) // 2, axis)
    return image


def _interpolate(image: np.ndarray, places: np.ndarray, axis: int) -> np.ndarray:
    """The image at fractional ``places`` along one axis, linearly."""
    below = places.astype(int)
    above = np.minimum(below + 1, image.shape[axis] - 1)
    weight = (places - below).astype(image.dtype).reshape(-1, *(1,) * (image.ndim - 1 - axis))
    low, result = image.take(below, axis), image.take(above, axis)
    result -= low
    result *= weight
    result += low
    return result


def elastic_transform(
    image: np.ndarray, strength: float, smoothness: float, jitter: float, random: np.random.Generator
) -> np.ndarray:
    """Random affine map, then a smooth random displacement of every pixel (Simard et al., 2003).

    The original gives the lengths in pixels for 224×224 images; here they grow with the shorter side.

    Args:
        image: H×W×3 float32 in [0, 1].
        strength: of the displacement, in pixels of a 224×224 image.
        smoothness: standard deviation of the Gaussian that smooths the displacement, in the same unit.
        jitter: bound of the shift of the affine map's three anchor points, in the same unit.
        random: draws the anchors, then the horizontal and the vertical displacement.
    """
    height, width = image.shape[:2]
    scale = min(height, width) / 224
    image = _random_affine(image, jitter * scale, random)
    dx, dy = (_smooth_field((height, width), smoothness * scale, random) * strength * scale for _ in range(2))
    y, x = np.mgrid[:height, :width]
    channels = [
        map_coordinates(channel, (y + dy, x + dx), order=1, mode="reflect") for channel in np.moveaxis(image, 2, 0)
    ]
    return np.stack(channels, axis=-1)


def _random_affine(image: np.ndarray, jitter: float, random: np.random.Generator) -> np.ndarray:
    """Move three corners of the central square, a third of the shorter side away from the center, independently."""
    height, width = image.shape[:2]
    reach = min(height, width) // 3
    corners = np.array([[1, 1], [1, -1], [-1, -1]])
    anchors = (np.array([width // 2, height // 2]) + reach * corners).astype(np.float32)
    moved = anchors + random.uniform(-jitter, jitter, anchors.shape).astype(np.float32)
    matrix = cv2.getAffineTransform(anchors, moved)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)


def _smooth_field(shape: tuple[int, int], sigma: float, random: np.random.Generator) -> np.ndarray:
    """H×W of U(-1, 1), smoothed by a Gaussian cut at three standard deviations."""
    size = 2 * int(3 * sigma + 0.5) + 1
    field = random.uniform(-1, 1, shape)
    return cv2.GaussianBlur(field, (size, size), sigma, borderType=cv2.BORDER_REFLECT)
