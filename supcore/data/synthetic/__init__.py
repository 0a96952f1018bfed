"""Synthetic stereo scenes with exact ground truth: textured planar surfaces, rendered in closed form.

A new kind of scene is a module with a function ``(rng, image_size, max_disparity) -> list[Surface]`` and an
entry in ``SCENES``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from supcore.data.image_io import write_disparity, write_image
from supcore.data.synthetic.driving import driving_surfaces
from supcore.data.synthetic.render import RIGHT_GAIN, photograph, render_view, visible_in_right
from supcore.data.synthetic.surfaces import Surface
from supcore.data.synthetic.things import things_surfaces
from supcore.errors import SupError
from supcore.seeding import numpy_generator

__all__ = ["SCENES", "StereoScene", "render_scene", "write_scenes"]

SCENES: dict[str, Callable[[np.random.Generator, tuple[int, int], float], list[Surface]]] = {
    "driving": driving_surfaces,
    "things": things_surfaces,
}
DEFAULT_MAX_DISPARITY = 0.18  # of the image width


@dataclass(frozen=True)
class StereoScene:
    """A rectified stereo pair with its ground truth.

    Attributes:
        left: H×W×3 uint8 RGB.
        right: H×W×3 uint8 RGB.
        disparity: H×W float32, px, of the left view; positive everywhere.
        visible: H×W bool, False where the left pixel has no counterpart in the right image.
        classes: H×W uint8, Cityscapes train ids of the left view, 255 = none.
    """

    left: np.ndarray
    right: np.ndarray
    disparity: np.ndarray
    visible: np.ndarray
    classes: np.ndarray


def render_scene(
    kind: str, *, image_size: tuple[int, int], seed: int, index: int, max_disparity: float | None = None
) -> StereoScene:
    """Render scene number ``index`` of the endless sequence that ``kind`` and ``seed`` determine.

    Args:
        kind: a key of ``SCENES``.
        image_size: (height, width) in px.
        seed: chooses the sequence.
        index: number of the scene in the sequence.
        max_disparity: upper limit of the disparity in px; by default 0.18 of the image width.

    Raises:
        SupError: unknown kind, or a maximum disparity outside (0, width).
    """
    if kind not in SCENES:
        raise SupError(f"unknown kind of synthetic scene {kind!r}; known: {', '.join(sorted(SCENES))}")
    if max_disparity is None:
        max_disparity = DEFAULT_MAX_DISPARITY * image_size[1]
    if not 0 < max_disparity < image_size[1]:
        raise SupError(f"max_disparity {max_disparity} must lie between 0 and the image width {image_size[1]}")
    rng = numpy_generator(seed, kind, index)
    surfaces = SCENES[kind](rng, image_size, max_disparity)
    left = render_view(surfaces, image_size, right=False)
    right = render_view(surfaces, image_size, right=True)
    return StereoScene(
        left=photograph(left.image, rng, gain=1.0),
        right=photograph(right.image, rng, gain=rng.uniform(*RIGHT_GAIN)),
        disparity=left.disparity,
        visible=visible_in_right(surfaces, left.disparity),
        classes=left.classes,
    )


def write_scenes(
    folder: str | Path,
    kind: str,
    *,
    count: int,
    image_size: tuple[int, int],
    seed: int,
    first_index: int = 0,
    max_disparity: float | None = None,
) -> list[dict[str, str]]:
    """Write ``count`` scenes from ``first_index`` on as a folder in the layout of KITTI 2015.

    ``disp_occ_0`` holds the disparity of every left pixel, ``disp_noc_0`` that of the visible ones (0
    elsewhere), ``semantic`` the class map.

    Returns:
        One row per scene, by index: the paths ``left``, ``right``, ``disparity`` (dense) and ``segmentation``.

    Raises:
        SupError: as :func:`render_scene`, or the folder cannot be written.
    """
    rows = []
    for index in range(first_index, first_index + count):
        scene = render_scene(kind, image_size=image_size, seed=seed, index=index, max_disparity=max_disparity)
        rows.append(_write_scene(Path(folder), f"{index:06d}_10.png", scene))
    return rows


def _write_scene(folder: Path, name: str, scene: StereoScene) -> dict[str, str]:
    left, right, disparity, segmentation = (
        folder / part / name for part in ("image_2", "image_3", "disp_occ_0", "semantic")
    )
    write_image(left, scene.left)
    write_image(right, scene.right)
    write_disparity(disparity, scene.disparity)
    write_disparity(folder / "disp_noc_0" / name, np.where(scene.visible, scene.disparity, 0))
    write_image(segmentation, scene.classes)
    return {
        "left": str(left),
        "right": str(right),
        "disparity": str(disparity),
        "segmentation": str(segmentation),
    }
