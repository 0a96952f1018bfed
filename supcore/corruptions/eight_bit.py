"""Between floating-point images and the 8-bit images that codecs, Pillow and ImageMagick work on."""

import numpy as np


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Float image in [0, 1] as uint8 by truncation; exact for float32 multiples of 1/255."""
    return (image * 255).astype(np.uint8)


def from_uint8(image: np.ndarray) -> np.ndarray:
    """uint8 image as float32 in [0, 1]."""
    return image.astype(np.float32) / np.float32(255)
