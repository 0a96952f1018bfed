"""The ground truth of a stereo pair, whatever its file holds."""

from pathlib import Path

import numpy as np

from supcore.data.encodings import SATURATED, numbered
from supcore.data.image_io import read_disparity, read_mask, read_png16, saturate
from supcore.data.manifest import StereoSample
from supcore.errors import SupError

FARTHEST = 65535  # what depth beyond the range of 16 bits is stored as, such as that of the sky


def read_ground_truth(sample: StereoSample) -> np.ndarray:
    """Disparity of the left view as H×W float32, in pixels of the stored size; 0 where none is known or the mask ends.

    Args:
        sample: a pair with a disparity file.

    Raises:
        SupError: a file cannot be read, or the mask has another size.
    """
    disparity = _decoded(sample.disparity, sample.encoding)
    if not sample.mask:
        return disparity
    mask = read_mask(sample.mask)
    if mask.shape != disparity.shape:
        found, wanted = mask.shape[::-1], disparity.shape[::-1]
        raise SupError(
            f"{sample.mask}: is {found[0]}x{found[1]} px, its disparity map {wanted[0]}x{wanted[1]}; "
            "complete the data set again"
        )
    return np.where(mask, disparity, np.float32(0))


def _decoded(path: str, encoding: str) -> np.ndarray:
    kind, number = numbered(encoding) or ("", 0.0)
    if encoding == SATURATED:
        return saturate(read_disparity(path))
    if kind == "depth":
        return _from_depth(read_png16(path), number)
    if kind == "scale" and Path(path).suffix.lower() == ".png":
        return (read_png16(path) / np.float32(number)).astype(np.float32)
    return read_disparity(path)


def _from_depth(depth: np.ndarray, product: float) -> np.ndarray:
    """``product`` / depth, and 0 where depth is 0 or beyond its range."""
    known = (depth > 0) & (depth < FARTHEST)
    return np.where(known, product / np.maximum(depth, 1), 0).astype(np.float32)
