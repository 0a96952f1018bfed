"""The folders of Middlebury 2014, of its third stereo evaluation, and of ETH3D, which uses the same files."""

from pathlib import Path
from typing import Literal

from supcore.data.pairing import Paths, find_files, refuse_unpaired, visible_files

Occlusions = Literal["all", "noc", "split"]
Rectification = Literal["perfect", "imperfect"]
Resolution = Literal["F", "H", "Q"]
# What the mask of the pixels that both cameras see is for.
_COLUMNS: dict[Occlusions, str | None] = {"all": None, "noc": "mask", "split": "visible"}


def eth3d(root: Path, *, occlusions: Occlusions = "all") -> list[Paths]:
    """ETH3D, two views, training: ``<scene>/{im0,im1}.png``, ``disp0GT.pfm`` and ``mask0nocc.png``.

    The archives of images and of ground truth may be unpacked into one folder, or lie in ``two_view_training`` and
    ``two_view_training_gt``, as torchvision wants them. Images are gray. 27 pairs: https://www.eth3d.net/datasets.

    Args:
        root: folder that holds the scenes, or these two folders.
        occlusions: ``all`` pixels with ground truth, ``noc``: those that both cameras see, or ``split``: all, and both
            kinds apart.
    """
    images, truths = root / "two_view_training", root / "two_view_training_gt"
    images = images if images.is_dir() else root
    return _scenes(images, "*", truths if truths.is_dir() else images, "disp0GT.pfm", occlusions)


def middlebury2014(root: Path, *, rectification: Rectification = "perfect") -> list[Paths]:
    """Middlebury 2014: ``<Scene>-{perfect,imperfect}/{im0,im1}.png`` and ``disp0.pfm``.

    5-6 megapixels, disparities up to 800 px. 23 scenes have ground truth (10 for training, 13 additional ones); they
    may lie side by side or in folders: https://vision.middlebury.edu/stereo/data/scenes2014/.

    Args:
        root: folder that holds the scenes.
        rectification: of the pairs: ``perfect``, or ``imperfect`` with vertical disparities.
    """
    return _scenes(root, f"**/*-{rectification}", root, "disp0.pfm", "all")


def middeval3(root: Path, *, resolution: Resolution = "Q", occlusions: Occlusions = "all") -> list[Paths]:
    """Middlebury's evaluation 3: ``training{F,H,Q}/<scene>/{im0,im1}.png``, ``disp0GT.pfm`` and ``mask0nocc.png``.

    Images and ground truth come in archives that unpack into the same folders; disparities are in pixels of their own
    resolution. 15 pairs: https://vision.middlebury.edu/stereo/eval3/MiddEval3-newFeatures.html.

    Args:
        root: folder ``MiddEval3``.
        resolution: full, half or quarter.
        occlusions: ``all`` pixels with ground truth, ``noc``: those that both cameras see, or ``split``: all, and both
            kinds apart.
    """
    folder = root / f"training{resolution}"
    return _scenes(folder, "*", folder, "disp0GT.pfm", occlusions)


def _scenes(images: Path, scenes: str, truths: Path, disparity: str, occlusions: Occlusions) -> list[Paths]:
    """The pairs of the scenes, a pattern below ``images``; the ground truth has the same places below ``truths``."""
    lefts = find_files(images, f"{scenes}/im0.png")
    rows: list[Paths] = []
    for left in lefts:
        truth = truths / left.parent.relative_to(images)
        row = {"left": left, "right": left.with_name("im1.png"), "disparity": truth / disparity}
        column = _COLUMNS[occlusions]
        rows.append(row | {column: truth / "mask0nocc.png"} if column else row)
    refuse_unpaired(visible_files(images, f"{scenes}/im1.png"), [row["right"] for row in rows])
    return rows
