"""Motion blur as ImageMagick's ``-motion-blur`` computes it, without ImageMagick."""

import math

import numpy as np

from supcore.corruptions.eight_bit import from_uint8, to_uint8


def motion_blur(image: np.ndarray, radius: int, sigma: float, random: np.random.Generator) -> np.ndarray:
    """Blur the 8-bit image along a direction of U(-45, 45) degrees."""
    return from_uint8(blur_along(to_uint8(image), radius, sigma, random.uniform(-45, 45)))


def blur_along(image: np.ndarray, radius: int, sigma: float, angle: float) -> np.ndarray:
    """ImageMagick's MotionBlurImage on an 8-bit image.

    Tap i of 2·radius + 1 has the weight exp(-i²/2sigma²), normalized, and reads the pixel at i steps along the
    angle, rounded to whole pixels; the kernel is one-sided. Beyond the border the nearest pixel counts.

    Args:
        image: H×W or H×W×3 uint8.
        radius: of the kernel in pixels, at least 1.
        sigma: its standard deviation in pixels.
        angle: degrees, clockwise from the positive x axis.

    Returns:
        uint8 of the same shape. Sums are rounded to 16 bits and truncated to 8, as by the builds of ImageMagick 6
        with 16 bits a channel; builds with floating-point channels round instead, which is up to one level more.
    """
    height, width = image.shape[:2]
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    weights /= weights.sum()
    # ImageMagick's order of operations: it decides the rounding of half pixels, e.g. at 30 degrees.
    direction = [len(steps) * function(math.radians(angle)) for function in (math.cos, math.sin)]
    x, y = (np.ceil(steps * part / math.hypot(*direction) - 0.5).astype(int) for part in direction)
    border = 2 * radius + 1
    padding = [(border, border), (border, border), (0, 0)][: image.ndim]
    padded = np.pad(image, padding, mode="edge").astype(np.float32)
    total = np.full(image.shape, 0.5, np.float32)  # for rounding to 16 bits, where 8-bit values times 257 are
    for weight, dy, dx in zip((257 * weights).astype(np.float32), y + border, x + border, strict=True):
        total += weight * padded[dy : dy + height, dx : dx + width]
    return (total.astype(np.uint16) // 257).astype(np.uint8)
