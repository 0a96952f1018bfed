"""Stereo pairs of one's own: two files, or two folders of them, of any size."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from supcore.data.dataset import load_pair
from supcore.data.image_io import read_image_size
from supcore.data.listed_pairs import check_listed_pairs, listed_pairs
from supcore.data.manifest import CROP, StereoSample
from supcore.errors import SupError


def read_pair(left: str | Path, right: str | Path, image_size: tuple[int, int] | None = None) -> tuple[Tensor, Tensor]:
    """Read a stereo pair as networks and perturbations take it.

    Args:
        left: image file of 8 bits, PNG, JPEG, WebP, TIFF, PPM or BMP; gray is repeated in the three channels.
        right: the same of the right view.
        image_size: (H, W) to resize to, by Lanczos; None keeps the stored size.

    Returns:
        Left and right view, 1×3×H×W float32 in [0, 1].

    Raises:
        SupError: a file cannot be read, or the two differ in size.

    Examples:
        >>> from supcore.data.synthetic import write_scenes
        >>> (row,) = write_scenes("scenes", "driving", count=1, image_size=(64, 128), seed=0)
        >>> left, right = read_pair(row["left"], row["right"])
        >>> left.shape, left.dtype
        (torch.Size([1, 3, 64, 128]), torch.float32)
    """
    return load_pair(StereoSample(str(left), str(right)), image_size).views()


def find_pairs(left: str | Path, right: str | Path, disparity: str | Path | None = None) -> list[StereoSample]:
    """Pair the files of two folders, and ground truth in a third one; or take single files, or patterns of paths.

    Files belong together that have the same name, or the same digits in it, as
    :func:`supcore.data.counterparts.counterparts` says; or what stands in braces in a pattern, ``cam0_{frame}.png`` and
    ``cam1_{frame}.png``, as :func:`supcore.data.listed_pairs.listed_pairs` has it.

    Args:
        left: folder of left images, one of them, or a pattern.
        right: the same of the right images.
        disparity: the same of the left views' disparity maps: KITTI's 16-bit PNG (value / 256), PFM or npy.

    Returns:
        The pairs, sorted by the path of the left image.

    Raises:
        SupError: a folder is missing or empty, a file has no counterpart, or both views are the same files.
    """
    given = {"left": left, "right": right, "disparity": disparity}
    paths = {role: Path(path) for role, path in given.items() if path is not None}
    root = Path()
    if any(path.is_absolute() for path in paths.values()):
        paths = {role: path.absolute() for role, path in paths.items()}
        root = Path(paths["left"].anchor)
    if paths["left"] == paths["right"]:
        raise SupError(f"left and right are both {left}; name the folder or pattern of each")
    patterns: dict[str, Any] = {role: path.relative_to(root).as_posix() for role, path in paths.items()}
    check_listed_pairs(**patterns)
    rows = [{role: str(file) for role, file in row.items()} for row in listed_pairs(root, **patterns)]
    for file in (file for row in rows for file in row.values()):
        if not Path(file).is_file():
            raise SupError(f"{file}: is missing; add it, or leave out its pair")
    return [StereoSample(**row) for row in rows]


def cropped(samples: Sequence[StereoSample]) -> list[StereoSample]:
    """The same pairs, to be cut to a size at the right and lower border instead of resized; disparities then stay."""
    return [replace(sample, fit=CROP) for sample in samples]


def whole_tiles(samples: Sequence[StereoSample], tile: tuple[int, int]) -> tuple[int, int]:
    """(H, W) of the largest image of whole tiles that fits into every pair.

    Raises:
        SupError: an image cannot be read, or is smaller than the tile.
    """
    sizes = {sample.left: read_image_size(sample.left) for sample in samples}
    smallest = [min(size[axis] for size in sizes.values()) for axis in (0, 1)]
    height, width = (side // part * part for side, part in zip(smallest, tile, strict=True))
    if not height or not width:
        name = next(file for file, size in sizes.items() if size[0] < tile[0] or size[1] < tile[1])
        raise SupError(f"{name}: is smaller than a tile of {tile[0]}x{tile[1]}; choose a smaller tile")
    return height, width
