"""Snow, frost and fog: H×W×3 float images in [0, 1]; the results are clipped where corruptions are applied."""

import cv2
import numpy as np

from supcore.corruptions.eight_bit import from_uint8, to_uint8
from supcore.corruptions.geometry import clipped_zoom
from supcore.corruptions.motion import blur_along
from supcore.corruptions.plasma import plasma

ICE = np.array([0.85, 0.93, 1.0])  # color of thick frost, RGB
NEEDLE_LENGTH = 24  # in pixels


def snow(
    image: np.ndarray,
    density: float,
    spread: float,
    zoom: float,
    threshold: float,
    radius: int,
    sigma: float,
    keep: float,
    random: np.random.Generator,
) -> np.ndarray:
    """Flakes falling in one direction over a whitened image.

    Args:
        image: H×W×3.
        density: mean of the Gaussian noise that becomes flakes.
        spread: its standard deviation.
        zoom: enlargement of the flakes.
        threshold: noise below it is no flake.
        radius: of the flakes' motion blur in pixels, along U(-135, -45) degrees.
        sigma: its standard deviation.
        keep: weight of the image against its whitened copy.
        random: draws the flakes, then the direction.
    """
    noise = random.normal(density, spread, image.shape[:2])[..., None]
    flakes = clipped_zoom(noise, zoom)[..., 0]
    flakes = np.where(flakes < threshold, 0, flakes).clip(0, 1)
    falling = from_uint8(blur_along(to_uint8(flakes), radius, sigma, random.uniform(-135, -45)))[..., None]
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    whitened = keep * image + (1 - keep) * np.maximum(image, 1.5 * gray + 0.5)
    return whitened + falling + np.rot90(falling, k=2)


def fog(image: np.ndarray, thickness: float, decay: float, random: np.random.Generator) -> np.ndarray:
    """Add a plasma fractal times ``thickness``, then bring the sum back to the image's largest value."""
    largest = float(image.max())
    mist = thickness * plasma(image.shape[0], image.shape[1], decay, random)[..., None]
    return (image + mist) * largest / (largest + thickness)


def frost(image: np.ndarray, keep: float, amount: float, random: np.random.Generator) -> np.ndarray:
    """Ice on the lens: ``keep`` · image + ``amount`` · :func:`frost_texture`.

    The original crops photographs of frosted windows, which are not ours to distribute.
    """
    return keep * image + amount * frost_texture(image.shape[0], image.shape[1], random)


def frost_texture(height: int, width: int, random: np.random.Generator) -> np.ndarray:
    """A procedural frosted window: ice needles of eight directions in a layer of varying thickness.

    Args:
        height: of the texture.
        width: of the texture.
        random: draws the needles, direction by direction, then the thickness.

    Returns:
        height×width×3 in [0, 1].
    """
    margin = 2 * NEEDLE_LENGTH  # a needle that ends inside begins within it
    needles = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
    for _ in range(8):
        ends = to_uint8((random.random(needles.shape) < 0.01) * random.random(needles.shape))
        grown = blur_along(ends, NEEDLE_LENGTH, NEEDLE_LENGTH / 2.4, random.uniform(-180, 180))
        needles = np.maximum(needles, grown)
    ice = cv2.GaussianBlur(from_uint8(needles[margin:-margin, margin:-margin]), (3, 3), 0)
    ice = 0.25 + 1.5 * ice / max(float(ice.max()), 1 / 255)
    thickness = 0.3 + 0.7 * plasma(height, width, 1.8, random)
    return np.minimum(ice * thickness, 1)[..., None] * ICE
