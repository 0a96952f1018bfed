"""The folders of Virtual KITTI 2, whose ground truth is depth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from supcore.data import encodings
from supcore.data.pairing import Paths, find_files, in_sibling_folder, refuse_unpaired, visible_files
from supcore.errors import SupError

Scene = Literal["Scene01", "Scene02", "Scene06", "Scene18", "Scene20"]
Variation = Literal[
    "15-deg-left",
    "15-deg-right",
    "30-deg-left",
    "30-deg-right",
    "clone",
    "fog",
    "morning",
    "overcast",
    "rain",
    "sunset",
]
SCENES: tuple[Scene, ...] = get_args(Scene)
VARIATIONS: tuple[Variation, ...] = get_args(Variation)

FOCAL_LENGTH = 725.0087  # px
BASELINE = 53.2725  # cm, as the depth maps
DEPTH = encodings.depth(FOCAL_LENGTH * BASELINE)
# Frames of each scene; 21,260 with its ten variations.
_FRAMES: dict[Scene, int] = {"Scene01": 447, "Scene02": 233, "Scene06": 270, "Scene18": 339, "Scene20": 837}


def virtual_kitti2(
    root: Path, *, scenes: Sequence[Scene] = SCENES, variations: Sequence[Variation] = VARIATIONS
) -> list[Paths]:
    """Virtual KITTI 2: ``<Scene>/<variation>/frames/rgb/Camera_0|1/rgb_NNNNN.jpg``.

    Ground truth is ``frames/depth/Camera_0/depth_NNNNN.png`` in cm of 16 bits, which stop at 655.35 m (sky: no ground
    truth here); disparity = 725.0087 px × 0.532725 m / depth. The numbers are those of
    https://europe.naverlabs.com/research/computer-vision/proxy-virtual-worlds-vkitti-2/ and arXiv:2001.10773.

    Args:
        root: folder that holds the scenes.
        scenes: which of them.
        variations: of weather, light and camera: which.
    """
    asked = {(scene, variation) for scene in scenes for variation in variations}
    left, right = ("Scene*/*/frames/rgb/Camera_0/rgb_*.jpg", "Scene*/*/frames/rgb/Camera_1/rgb_*.jpg")
    lefts = [file for file in find_files(root, left) if _place(file, root) in asked]
    if not lefts:
        raise SupError(
            f"{root}: no frames of {', '.join(scenes)} as {', '.join(variations)}; check the data root and the options"
        )
    rows = [
        {"left": file, "right": in_sibling_folder(file, "Camera_0", "Camera_1"), "disparity": _depth_map(file)}
        for file in lefts
    ]
    rights = [file for file in visible_files(root, right) if _place(file, root) in asked]
    refuse_unpaired(rights, [row["right"] for row in rows])
    return rows


def virtual_kitti2_total(*, scenes: Sequence[Scene] = SCENES, variations: Sequence[Variation] = VARIATIONS) -> int:
    """Pairs of these scenes and variations, complete."""
    return sum(_FRAMES[scene] for scene in set(scenes)) * len(set(variations))


def _place(file: Path, root: Path) -> tuple[str, ...]:
    """Scene and variation."""
    return file.relative_to(root).parts[:2]


def _depth_map(left: Path) -> Path:
    return in_sibling_folder(left, "rgb", "depth").with_name(f"depth_{left.stem.removeprefix('rgb_')}.png")
