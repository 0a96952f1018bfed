"""Brightness and contrast: H×W×3 float images in [0, 1]; the results are clipped where corruptions are applied."""

import numpy as np
from PIL import Image, ImageEnhance

from supcore.corruptions.eight_bit import from_uint8, to_uint8


def scale_brightness(image: np.ndarray, low: float, high: float, random: np.random.Generator) -> np.ndarray:
    """Multiply the 8-bit image by a factor of U[low, high) (Pillow's ``ImageEnhance.Brightness``)."""
    return _enhance(ImageEnhance.Brightness, image, random.uniform(low, high))


def scale_contrast(image: np.ndarray, low: float, high: float, random: np.random.Generator) -> np.ndarray:
    """Scale the distance to the mean gray level by U[low, high) (Pillow's ``ImageEnhance.Contrast``, 8-bit)."""
    return _enhance(ImageEnhance.Contrast, image, random.uniform(low, high))


def add_brightness(image: np.ndarray, amount: float) -> np.ndarray:
    """Add ``amount`` to the value of the HSV image, at most 1.

    Hue and saturation stay, so RGB is scaled by the ratio of the values; black becomes gray.
    """
    value = image.max(axis=2, keepdims=True)
    raised = np.minimum(value + amount, 1)
    return np.where(value > 0, image / np.where(value > 0, value, 1), 1) * raised


def reduce_contrast(image: np.ndarray, factor: float) -> np.ndarray:
    """Scale the distance of each channel to its mean over the image by ``factor``."""
    mean = image.mean(axis=(0, 1), keepdims=True, dtype=np.float64)
    return (image - mean) * factor + mean


def _enhance(
    operation: type[ImageEnhance.Brightness | ImageEnhance.Contrast], image: np.ndarray, factor: float
) -> np.ndarray:
    return from_uint8(np.asarray(operation(Image.fromarray(to_uint8(image))).enhance(factor)))
