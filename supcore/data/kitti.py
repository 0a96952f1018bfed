"""The folders of KITTI raw, KITTI 2012 ("stereo flow") and KITTI 2015 ("scene flow")."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from supcore.data.pairing import Paths, find_files, in_sibling_folder, refuse_unpaired, visible_files
from supcore.errors import SupError

FIRST_FRAMES = "*_10.png"  # *_11.png are the second frames, for optical flow


def kitti2015(
    root: Path, *, disparity: str = "disp_occ_0", segmentation: str | None = None, visible: str | None = None
) -> list[Paths]:
    """KITTI 2015: ``training/{image_2,image_3,disp_occ_0}/NNNNNN_10.png``.

    Args:
        root: folder that holds ``training``.
        disparity: folder of the ground truth, e.g. ``disp_noc_0`` for the pixels seen by both cameras.
        segmentation: class maps, see :func:`class_map`.
        visible: folder whose maps hold the pixels seen by both cameras, ``disp_noc_0``, to count them and the others
            apart.
    """
    return _benchmark(root, ("image_2", "image_3"), disparity, segmentation, visible)


def kitti2012(
    root: Path,
    *,
    disparity: str = "disp_occ",
    segmentation: str | None = None,
    visible: str | None = None,
    gray: bool = False,
) -> list[Paths]:
    """KITTI 2012: color in ``colored_0/1`` (official) or ``image_2/3`` (renamed), gray in ``image_0/1``."""
    official = any(visible_files(root / "training" / "colored_0", FIRST_FRAMES))
    color = ("colored_0", "colored_1") if official else ("image_2", "image_3")
    return _benchmark(root, ("image_0", "image_1") if gray else color, disparity, segmentation, visible)


def kitti_raw(root: Path) -> list[Paths]:
    """KITTI raw: ``<date>/<drive>_sync/image_02|03/data/*.png``; no ground truth.

    Drives called ``<drive>_extract`` are neither synchronised nor rectified, so they are no stereo pairs.
    """
    lefts = find_files(root, "*/*_sync/image_02/data/*.png")
    rights = [in_sibling_folder(left, "image_02", "image_03") for left in lefts]
    refuse_unpaired(visible_files(root, "*/*_sync/image_03/data/*.png"), rights)
    return [{"left": left, "right": right} for left, right in zip(lefts, rights, strict=True)]


def frame_number(left: Path) -> int:
    """Number of a frame of KITTI 2012 or 2015: 160 for ``000160_10.png``.

    Raises:
        SupError: the name does not begin with a number.
    """
    number = re.match(r"\d+", left.name)
    if number is None:
        raise SupError(f"{left}: no frame number in the name (NNNNNN_10.png); list the frames of the split by name")
    return int(number[0])


def class_map(root: Path, segmentation: str) -> Callable[[Path], Path]:
    """Where the class map of a left image is.

    Args:
        root: folder of the data set.
        segmentation: a folder below ``training`` of PNG files named as the images, or the pattern of a path in which
            ``{frame}`` stands for the image's name without suffix. A pattern begins at ``root``, one with a leading
            ``./`` at the working directory, and ``..`` goes up in the text of the path, so that ``../maps`` lies beside
            ``root`` even if ``root`` is a link to elsewhere.
    """
    if "{frame}" in segmentation:
        pattern = os.path.normpath(segmentation if segmentation.startswith("./") else root / segmentation)
        return lambda left: Path(pattern.replace("{frame}", left.stem))
    return lambda left: root / "training" / segmentation / left.name


def _benchmark(
    root: Path, views: tuple[str, str], disparity: str, segmentation: str | None, visible: str | None
) -> list[Paths]:
    left_folder, right_folder, truth = (root / "training" / name for name in (*views, disparity))
    lefts = find_files(left_folder, FIRST_FRAMES)
    rows = [{"left": left, "right": right_folder / left.name, "disparity": truth / left.name} for left in lefts]
    refuse_unpaired(visible_files(right_folder, FIRST_FRAMES), [row["right"] for row in rows])
    if segmentation:
        classes = class_map(root, segmentation)
        rows = [row | {"segmentation": classes(row["left"])} for row in rows]
    if visible:
        rows = [row | {"visible": root / "training" / visible / row["left"].name} for row in rows]
    return rows
