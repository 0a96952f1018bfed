"""Reading and writing images, disparity maps and class maps.

Every reader checks what it reads and names the file in its error.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from supcore.errors import SupError
from supcore.files import atomic_path, require_regular

MAX_DISPARITY_PNG = 65535 / 256
TRAIN_IDS = 19  # classes of Cityscapes that count
IGNORED = 255
LARGEST = 89_478_485  # pixels, as many as Pillow thinks harmless: a small file can hold more, but memory may not
PNG_DENSITY = 8 * 1032  # most pixels that a byte can stand for: black and white, at the limit of the compression
# Pillow knows more formats, among them some that start other programs; the content decides, not the suffix.
IMAGE_FORMATS = ("PNG", "WEBP", "JPEG", "TIFF", "PPM", "BMP")
GRAY16 = ("I;16", "I;16B", "I")  # Pillow's modes of a gray PNG of 16 bits


def read_image(path: str | Path) -> np.ndarray:
    """Read an 8-bit image as H×W×3 uint8 RGB; gray images are repeated in the three channels."""
    image = _open(path, "image")
    if image.mode not in ("RGB", "L", "P", "RGBA"):
        raise SupError(
            f"{path}: expected an 8-bit RGB or gray image, found Pillow mode {image.mode}; convert it to RGB"
        )
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def read_top_rows(path: str | Path, rows: int) -> np.ndarray:
    """The first ``rows`` rows of :func:`read_image`, at most rows×W×3.

    Of a PNG without interlacing only these rows are decoded: 8 of 375 rows take a twentieth of the time (100 images of
    KITTI's size: 0.2 s instead of 3.5 s, on a busy core).
    """
    with decoding(path, "image"), Image.open(path, formats=IMAGE_FORMATS) as image:
        top = (0, 0, image.width, min(rows, image.height))
        if image.format == "PNG" and not image.info.get("interlace"):
            image.tile = [tile._replace(extents=top) for tile in image.tile]
        return np.asarray(image.crop(top).convert("RGB"))


def write_image(path: str | Path, image: np.ndarray) -> None:
    """Write an H×W×3 (RGB) or H×W (gray) uint8 array; the suffix chooses the format.

    Examples:
        >>> write_image("gray.png", np.full((4, 6), 128, np.uint8))
        >>> read_image("gray.png").shape  # gray is repeated in the three channels
        (4, 6, 3)
    """
    if image.dtype != np.uint8:
        raise TypeError(f"write_image takes uint8, got {image.dtype}")
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary)


def read_disparity(path: str | Path) -> np.ndarray:
    """Read a disparity map as H×W float32, in pixels of the stored size; 0 marks pixels without ground truth.

    ``.png``: the KITTI format, 16 bit, value / 256. ``.pfm`` and ``.npy`` (H×W numbers): values as stored (Scene Flow's
    left view is positive); infinite, NaN and negative ones become 0.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".png":
        return (read_png16(path) / np.float32(256)).astype(np.float32)
    if suffix not in (".pfm", ".npy"):
        raise SupError(f"{path}: a disparity map must be a 16-bit .png (value / 256), a .pfm or a .npy file")
    disparity = read_pfm(path) if suffix == ".pfm" else _read_disparity_npy(path)
    return np.where(np.isfinite(disparity) & (disparity > 0), disparity, np.float32(0))


def saturate(disparity: np.ndarray) -> np.ndarray:
    """What the release's conversion to 16-bit PNG leaves of a disparity map: steps of 1/256 px, 255.996 px at most.

    Examples:
        >>> saturate(np.array([12.5, 1.999, 300.0], np.float32)).tolist()
        [12.5, 1.99609375, 255.99609375]
    """
    return np.minimum(np.floor(disparity * np.float32(256)) / np.float32(256), np.float32(MAX_DISPARITY_PNG))


def write_disparity(path: str | Path, disparity: np.ndarray) -> None:
    """Write an H×W disparity map as 16-bit PNG, value = disparity × 256; values <= 0 become 0 (no ground truth).

    Raises:
        ValueError: a disparity above 255.996 px, which the format cannot hold.

    Examples:
        >>> write_disparity("disparity.png", np.array([[12.5, 0.001, -1.0]]))
        >>> read_disparity("disparity.png").tolist()  # in steps of 1/256 px
        [[12.5, 0.0, 0.0]]
    """
    if not np.isfinite(disparity).all() or float(disparity.max(initial=0)) > MAX_DISPARITY_PNG:
        raise ValueError(f"disparity must be finite and at most {MAX_DISPARITY_PNG:.3f} px to fit a 16-bit PNG")
    values = np.rint(np.maximum(disparity, 0) * 256).astype(np.uint16)
    with atomic_path(path) as temporary:
        Image.fromarray(values).save(temporary)


def read_class_map(path: str | Path) -> np.ndarray:
    """Read a class map (8-bit PNG of Cityscapes train ids, 255 = ignore; or the authors' ``.npy``) as H×W uint8.

    Values that 8 bit cannot hold, such as -1, become 255.

    Raises:
        SupError: no such map, or values from 19 to 254: label ids, as in the folder ``semantic`` of KITTI 2015, would
            pass for other classes.
    """
    classes: np.ndarray
    if Path(path).suffix.lower() == ".npy":
        classes = _open_npy(path, "class map")
    else:
        classes = np.asarray(_open(path, "class map"))
    if classes.ndim != 2 or classes.dtype.kind not in "iu" or classes.size > LARGEST:
        raise SupError(
            f"{path}: a class map must be a 2-D array of at most {LARGEST} integers, found {classes.dtype} "
            f"{classes.shape}; convert it"
        )
    label_ids = classes[(classes >= TRAIN_IDS) & (classes < IGNORED)]
    if label_ids.size:
        raise SupError(
            f"{path}: class {label_ids.max()} is no train id (0-18, 255 = ignore); convert the label ids, which "
            "KITTI's own folder semantic holds, to train ids"
        )
    return np.where((classes >= 0) & (classes <= IGNORED), classes, IGNORED).astype(np.uint8)


def read_mask(path: str | Path) -> np.ndarray:
    """Read which pixels count, H×W bool: those that an 8-bit gray PNG has at 255, or one of 16 bits above 0.

    Middlebury and ETH3D mark so what both cameras see; 128 is occluded, 0 has no ground truth. KITTI has a map of
    disparity without the occluded pixels.
    """
    image = _open(path, "mask", ("PNG",))
    if image.mode in GRAY16:
        return np.asarray(image) > 0
    if image.mode != "L":
        raise SupError(f"{path}: a mask must be a gray PNG of 8 or 16 bits, found Pillow mode {image.mode}; convert it")
    return np.asarray(image) == 255


def read_image_size(path: str | Path) -> tuple[int, int]:
    """(H, W) of an image, from its header."""
    with decoding(path, "image"), Image.open(path, formats=IMAGE_FORMATS) as image:
        return image.height, image.width


def read_pfm(path: str | Path) -> np.ndarray:
    """Read a one-channel PFM file as H×W float32, top row first."""
    try:
        require_regular(path)
        with Path(path).open("rb") as stream:
            return _read_pfm(path, stream)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SupError(f"{path}: cannot be read ({reason}); check the data root and the manifest") from error


def _read_pfm(path: str | Path, stream: IO[bytes]) -> np.ndarray:
    begin = stream.read(200)
    header = re.match(rb"Pf\s+(\d{1,6})\s+(\d{1,6})\s+([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s", begin)
    if header is None:
        raise SupError(
            f"{path}: not a one-channel PFM file (the header must be 'Pf', width height, scale); replace the file"
        )
    width, height, scale = int(header[1]), int(header[2]), float(header[3])
    if scale == 0 or width * height == 0:
        raise SupError(f"{path}: PFM of {width}x{height} with scale {scale:g}; none of them may be 0, replace the file")
    if width * height > LARGEST:
        raise SupError(f"{path}: PFM of {width}x{height}, more than {LARGEST} pixels; replace the file")
    found, expected = Path(path).stat().st_size - header.end(), 4 * width * height
    if found != expected:
        raise SupError(
            f"{path}: PFM body has {found} bytes, {expected} expected for {width}x{height}; replace the file"
        )
    stream.seek(header.end())
    values = np.frombuffer(stream.read(expected), "<f4" if scale < 0 else ">f4").reshape(height, width)
    return np.ascontiguousarray(values[::-1], np.float32)


def read_png16(path: str | Path) -> np.ndarray:
    """Read a map of 16 bits, H×W uint16, as stored."""
    image = _open(path, "disparity map", ("PNG",))
    if image.mode not in GRAY16:
        raise SupError(
            f"{path}: expected a 16-bit gray PNG (disparity × 256), found Pillow mode {image.mode}; convert it"
        )
    return np.asarray(image).astype(np.uint16)


def _read_disparity_npy(path: str | Path) -> np.ndarray:
    array = _open_npy(path, "disparity map")
    if array.ndim != 2 or array.dtype.kind not in "fiu" or array.size > LARGEST:
        raise SupError(
            f"{path}: a disparity map must be a 2-D array of at most {LARGEST} numbers, found {array.dtype} "
            f"{array.shape}; convert it"
        )
    return np.array(array, np.float32)


def _open_npy(path: str | Path, what: str) -> np.ndarray:
    """The array of a file, mapped, because a header of a few bytes may claim any size."""
    try:
        require_regular(path)
        return np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # a damaged header surfaces as almost any exception
        raise SupError(f"{path}: not a readable .npy {what} ({error}); replace the file") from error


def _open(path: str | Path, what: str, formats: tuple[str, ...] = IMAGE_FORMATS) -> Image.Image:
    """Open and decode completely, so that a truncated file is noticed here."""
    with decoding(path, what), Image.open(path, formats=formats) as image:
        if image.mode.startswith("RGB") and any(map(_has_16_bits, image.tile)):
            raise SupError(f"{path}: {what} has 16 bits per color, of which half would be lost; convert it to 8")
        if image.format == "PNG" and image.width * image.height > PNG_DENSITY * Path(path).stat().st_size:
            raise ValueError(f"too short for {image.width}x{image.height} pixels")
        image.load()
    return image


def _has_16_bits(tile: Any) -> bool:
    """Of PPM, Pillow tells the largest value."""
    return ";16" in str(tile.args) or (tile.codec_name.startswith("ppm") and tile.args[-1] > 255)


@contextmanager
def decoding(path: str | Path, what: str) -> Iterator[None]:
    """Turn what goes wrong while a file is decoded into a :class:`SupError` that names it.

    Images of more than :data:`LARGEST` pixels are refused.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            require_regular(path)
            yield
    except FileNotFoundError as error:
        raise SupError(f"{path}: {what} not found; check the data root and the manifest") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise SupError(f"{path}: {what} cannot be decoded ({error}); replace the file") from error
