"""The folders of KITTI raw, KITTI 2012 ("stereo flow") and KITTI 2015 ("scene flow")."""

from collections.abc import Callable
from pathlib import Path

from supcore.data.pairing import Paths, find_files, in_sibling_folder, refuse_unpaired

FIRST_FRAMES = "*_10.png"  # *_11.png are the second frames, for optical flow


def kitti2015(root: Path, *, disparity: str = "disp_occ_0", segmentation: str | None = None) -> list[Paths]:
    """KITTI 2015: ``training/{image_2,image_3,disp_occ_0}/NNNNNN_10.png``.

    Args:
        root: folder that holds ``training``.
        disparity: folder of the ground truth, e.g. ``disp_noc_0`` for the pixels seen by both cameras.
        segmentation: class maps, see :func:`class_map`.
    """
    return _benchmark(root, ("image_2", "image_3"), disparity, segmentation)


def kitti2012(
    root: Path, *, disparity: str = "disp_occ", segmentation: str | None = None, grey: bool = False
) -> list[Paths]:
    """KITTI 2012: colour in ``colored_0/1`` (official) or ``image_2/3`` (renamed), grey in ``image_0/1``."""
    colour = ("colored_0", "colored_1") if (root / "training" / "colored_0").is_dir() else ("image_2", "image_3")
    return _benchmark(root, ("image_0", "image_1") if grey else colour, disparity, segmentation)


def kitti_raw(root: Path) -> list[Paths]:
    """KITTI raw, synchronised and rectified: ``<date>/<drive>_sync/image_02|03/data/*.png``; no ground truth."""
    lefts = find_files(root, "*/*/image_02/data/*.png")
    rights = [in_sibling_folder(left, "image_02", "image_03") for left in lefts]
    refuse_unpaired(root.glob("*/*/image_03/data/*.png"), rights)
    return [{"left": left, "right": right} for left, right in zip(lefts, rights, strict=True)]


def class_map(root: Path, segmentation: str) -> Callable[[Path], Path]:
    """Where the class map of a left image is.

    Args:
        root: folder of the data set.
        segmentation: a folder below ``training`` of PNG files named as the images, or the pattern of a path below
            ``root`` in which ``{frame}`` stands for the image's name without suffix.
    """
    if "{frame}" in segmentation:
        return lambda left: root / segmentation.replace("{frame}", left.stem)
    return lambda left: root / "training" / segmentation / left.name


def _benchmark(root: Path, views: tuple[str, str], disparity: str, segmentation: str | None) -> list[Paths]:
    left_folder, right_folder, truth = (root / "training" / name for name in (*views, disparity))
    lefts = find_files(left_folder, FIRST_FRAMES)
    rows = [{"left": left, "right": right_folder / left.name, "disparity": truth / left.name} for left in lefts]
    refuse_unpaired(right_folder.glob(FIRST_FRAMES), [row["right"] for row in rows])
    if segmentation:
        classes = class_map(root, segmentation)
        return [row | {"segmentation": classes(row["left"])} for row in rows]
    return rows
