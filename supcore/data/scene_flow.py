"""The folders of Scene Flow: FlyingThings3D, Monkaa and Driving.

Images are in PNG or WebP, disparities in PFM or converted to 16-bit PNG.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from supcore.data.pairing import Paths, find_files, in_sibling_folder, refuse_unpaired, visible_files

Letter = Literal["A", "B", "C"]
Rendering = Literal["cleanpass", "finalpass"]
Subset = Literal["TRAIN", "TEST"]
LETTERS: tuple[Letter, ...] = get_args(Letter)

# Pairs of the complete FlyingThings3D. Its TRAIN part, Monkaa and Driving are the 35,454 pairs that stereo networks are
# commonly pre-trained on.
_TOTALS: dict[Subset, int] = {"TRAIN": 22390, "TEST": 4370}


def flyingthings3d(
    root: Path,
    *,
    rendering: Rendering = "finalpass",
    subset: Subset = "TEST",
    letters: Sequence[Letter] = LETTERS,
    disparity: str = "disparity",
    saturated: bool = False,
) -> list[Paths]:
    """FlyingThings3D: ``frames_{rendering}/{subset}/{A,B,C}/<sequence>/{left,right}``.

    Args:
        root: folder that holds the images' folder and that of the ground truth.
        rendering: ``cleanpass``, or ``finalpass`` with defocus and motion blur.
        subset: ``TRAIN`` or ``TEST``.
        letters: parts of the subset, of :data:`LETTERS`.
        disparity: folder of the ground truth, for one that was renamed.
        saturated: read ground truth as the release's conversion to 16-bit PNG leaves it, see
            :func:`supcore.data.image_io.saturate`; the manifest says so.
    """
    del saturated  # the files are the same
    scenes = [f"{letter}/*" for letter in sorted(set(letters))]
    return _pairs(_frames(root, rendering) / subset, root / disparity / subset, scenes)


def flyingthings3d_total(*, subset: Subset = "TEST", letters: Sequence[Letter] = LETTERS, **_: object) -> int | None:
    """Pairs of the complete FlyingThings3D with these options; None for some of its letters."""
    return _TOTALS[subset] if set(letters) == set(LETTERS) else None


def monkaa(root: Path, *, rendering: Rendering = "finalpass", disparity: str = "disparity") -> list[Paths]:
    """Monkaa: ``frames_{rendering}/<scene>/{left,right}``."""
    return _pairs(_frames(root, rendering), root / disparity, ["*"])


def driving(root: Path, *, rendering: Rendering = "finalpass", disparity: str = "disparity") -> list[Paths]:
    """Driving: ``frames_{rendering}/<focal length>/<scene>/<fast|slow>/{left,right}``."""
    return _pairs(_frames(root, rendering), root / disparity, ["*/*/*"])


def _frames(root: Path, rendering: Rendering) -> Path:
    """The archives of WebP images unpack into a folder of their own."""
    webp = root / f"frames_{rendering}_webp"
    plain = root / f"frames_{rendering}"
    return webp if webp.is_dir() and not plain.is_dir() else plain


def _pairs(frames: Path, truth: Path, scenes: Sequence[str]) -> list[Paths]:
    """Pairs of the scenes (patterns below ``frames``); the left view's disparity has the same place in ``truth``."""
    lefts = find_files(frames, *_images(scenes, "left"))
    rights = [in_sibling_folder(left, "left", "right") for left in lefts]
    refuse_unpaired(visible_files(frames, *_images(scenes, "right")), rights)
    truths = [_pfm_or_png(truth / left.relative_to(frames)) for left in lefts]
    return [{"left": a, "right": b, "disparity": c} for a, b, c in zip(lefts, rights, truths, strict=True)]


def _pfm_or_png(place: Path) -> Path:
    """The PFM file, unless there is only a PNG that it was converted to."""
    pfm, png = place.with_suffix(".pfm"), place.with_suffix(".png")
    return png if png.is_file() and not pfm.is_file() else pfm


def _images(scenes: Sequence[str], view: str) -> list[str]:
    return [f"{scene}/{view}/*.{suffix}" for scene in scenes for suffix in ("png", "webp")]
