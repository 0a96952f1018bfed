"""The ground truth of a stereo pair, whatever its file holds."""

from pathlib import Path

import numpy as np

from supcore.data.encodings import SATURATED, numbered
from supcore.data.image_io import read_disparity, read_image_size, read_mask, read_png16, saturate
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
    _check_size(sample.mask, mask, disparity.shape)
    return np.where(mask, disparity, np.float32(0))


def read_visible(sample: StereoSample) -> np.ndarray:
    """Which pixels of the left view both cameras see, H×W bool.

    Args:
        sample: a pair with a file of them.

    Raises:
        SupError: the file cannot be read, or has another size than the left image.
    """
    visible = read_mask(sample.visible)
    _check_size(sample.visible, visible, read_image_size(sample.left), "left image")
    return visible


def _check_size(path: str, mask: np.ndarray, shape: tuple[int, ...], other: str = "disparity map") -> None:
    if mask.shape != shape:
        found, wanted = mask.shape[::-1], shape[::-1]
        raise SupError(
            f"{path}: is {found[0]}x{found[1]} px, its {other} {wanted[0]}x{wanted[1]}; complete the data set again"
        )


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
