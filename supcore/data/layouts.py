"""Where the official data sets keep the files of their stereo pairs."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from supcore.errors import SupError

Paths = dict[str, Path]


def index_pairs(
    layout: str, root: str | Path, frames: str | Sequence[str] = ":", **options: Any
) -> list[dict[str, str]]:
    """List the stereo pairs of a data set, sorted by the path of the left image.

    Args:
        layout: a key of :data:`LAYOUTS`.
        root: folder of the data set.
        frames: which pairs: a slice such as ``":160"`` or ``"160:"`` of the sorted list, or the names of frames as
            they begin or end the path of the left image below the root, e.g. ``"000150_10"``.
        **options: of the layout.

    Returns:
        Rows with left, right, disparity and, where the layout has them, segmentation.

    Raises:
        SupError: no such root, no pair found, a view or ground truth without its partner, a frame that does not exist.
    """
    root = Path(root)
    if not root.is_dir():
        raise SupError(f"{root}: data root not found; set datasets.<name>.root to the folder of the data set")
    rows = LAYOUTS[layout](root, **options)
    if isinstance(frames, str):
        first, last = (int(number) if number else None for number in frames.split(":"))
        chosen = rows[first:last]
    else:
        chosen = [_frame(rows, name, root) for name in frames]
    if not chosen:
        raise SupError(f"{root}: {len(rows)} pairs found, but none in the split {frames!r}")
    return [_complete(row) for row in chosen]


def kitti2015(
    root: Path,
    *,
    disparity: str = "disp_occ_0",
    segmentation: str | None = None,
    views: Sequence[str] = ("image_2", "image_3"),
) -> list[Paths]:
    """KITTI 2015: ``training/{image_2,image_3,disp_occ_0}/NNNNNN_10.png``."""
    folder = root / "training"
    lefts = _files(folder / views[0], "*_10.png")
    _refuse_extra(folder / views[1], "*_10.png", {left.name for left in lefts}, folder / views[0])
    rows = []
    for left in lefts:
        row = {"left": left, "right": folder / views[1] / left.name, "disparity": folder / disparity / left.name}
        rows.append(row | ({"segmentation": folder / segmentation / left.name} if segmentation else {}))
    return rows


def kitti2012(root: Path, *, disparity: str = "disp_occ", grey: bool = False, **options: Any) -> list[Paths]:
    """KITTI 2012: colour in ``colored_0/1`` (official) or ``image_2/3`` (renamed), grey in ``image_0/1``."""
    colour = ("colored_0", "colored_1") if (root / "training" / "colored_0").is_dir() else ("image_2", "image_3")
    return kitti2015(root, disparity=disparity, views=("image_0", "image_1") if grey else colour, **options)


def kitti_raw(root: Path) -> list[Paths]:
    """KITTI raw, synchronised and rectified: ``<date>/<drive>_sync/image_02|03/data/*.png``; no ground truth."""
    lefts = _files(root, "*/*/image_02/data/*.png")
    rights = {_swap(left, "image_02", "image_03") for left in lefts}
    _refuse_extra(root, "*/*/image_03/data/*.png", rights, root / "*/*/image_02")
    return [{"left": left, "right": _swap(left, "image_02", "image_03")} for left in lefts]


def flyingthings3d(root: Path, *, rendering: str = "finalpass", subset: str = "TEST") -> list[Paths]:
    """FlyingThings3D: ``frames_{rendering}/{subset}/{A,B,C}/<sequence>/{left,right}`` and PFM disparities."""
    frames = root / f"frames_{rendering}" / subset
    lefts = sorted([*frames.glob("*/*/left/*.png"), *frames.glob("*/*/left/*.webp")])
    if not lefts:
        raise SupError(f"{frames}: no images */*/left/*.png or *.webp; check the data root and the pass")
    rows = []
    for left in lefts:
        place = left.relative_to(frames).with_suffix(".pfm")
        truth = root / "disparity" / subset / place
        rows.append({"left": left, "right": _swap(left, "left", "right"), "disparity": truth})
    return rows


LAYOUTS: dict[str, Callable[..., list[Paths]]] = {
    "kitti_raw": kitti_raw,
    "kitti2012": kitti2012,
    "kitti2015": kitti2015,
    "flyingthings3d": flyingthings3d,
}


def _files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    if not found:
        raise SupError(f"{folder}: no files match {pattern}; check the data root and the layout")
    return found


def _refuse_extra(folder: Path, pattern: str, known: set[Any], lefts: Path) -> None:
    """Right images without a left one mean that the lists have different lengths."""
    for file in sorted(folder.glob(pattern)):
        if file not in known and file.name not in known:
            raise SupError(f"{file}: right image without a left one in {lefts}; complete the data set")


def _complete(paths: Paths) -> dict[str, str]:
    """The row as text, after checking that its files are there."""
    for role, path in paths.items():
        if not path.is_file():
            raise SupError(f"{path}: the {role} file of {paths['left'].name} is missing; complete the data set")
    return {"disparity": "", **{role: str(path) for role, path in paths.items()}}


def _swap(path: Path, folder: str, other: str) -> Path:
    """The same path in the sibling folder ``other``; only the last folder of that name is changed."""
    head, _, tail = str(path).rpartition(f"/{folder}/")
    return Path(f"{head}/{other}/{tail}")


def _frame(rows: Sequence[Paths], name: str, root: Path) -> Paths:
    pattern = re.compile(rf"(^|/){re.escape(name)}(\.|/|$)")
    matches = [row for row in rows if pattern.search(str(row["left"].relative_to(root)))]
    if len(matches) != 1:
        raise SupError(f"{root}: frame {name!r} matches {len(matches)} pairs; name exactly one in the split")
    return matches[0]
