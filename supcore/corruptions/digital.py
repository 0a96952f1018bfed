"""Compression and loss of resolution: H×W×3 float images in [0, 1]."""

from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from supcore.corruptions.eight_bit import from_uint8, to_uint8


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """Compress the 8-bit image with OpenCV's JPEG codec, quality in [0, 100]."""
    bgr = np.ascontiguousarray(to_uint8(image)[..., ::-1])
    _, encoded = cv2.imencode(".jpeg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return from_uint8(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))[..., ::-1])


def jpeg_pillow(image: np.ndarray, quality: int) -> np.ndarray:
    """Compress the 8-bit image with Pillow's JPEG codec, quality in [0, 95]."""
    encoded = BytesIO()
    Image.fromarray(to_uint8(image)).save(encoded, "JPEG", quality=quality)
    return from_uint8(np.asarray(Image.open(encoded)))


def quantization(image: np.ndarray) -> np.ndarray:
    """Truncate to 8 bits; a camera's image stays as it is, a perturbed one does not."""
    return from_uint8(to_uint8(image))


def pixelate(image: np.ndarray, factor: float) -> np.ndarray:
    """Shrink the 8-bit image by ``factor`` in each direction and enlarge it again, with box filters.

    The sides of the small image are truncated to whole pixels.
    """
    height, width = image.shape[:2]
    small = max(1, int(width * factor)), max(1, int(height * factor))
    shrunk = Image.fromarray(to_uint8(image)).resize(small, Image.Resampling.BOX)
    return from_uint8(np.asarray(shrunk.resize((width, height), Image.Resampling.BOX)))
