"""Both views of a list of surfaces, with exact disparity and visibility."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from supcore.data.synthetic.shapes import Bounds
from supcore.data.synthetic.surfaces import NO_CLASS, Paint, Surface

# A surface hides another one only when its disparity is larger by this many px; far above float32 rounding.
NEARER_BY = 0.01
SENSOR_NOISE = 0.005
RIGHT_GAIN = (0.97, 1.03)


@dataclass(frozen=True)
class View:
    """One rendered view: RGB image, disparity of the nearest surface (px) and its class, each H×W."""

    image: np.ndarray
    disparity: np.ndarray
    classes: np.ndarray


def render_view(surfaces: Sequence[Surface], image_size: tuple[int, int], *, right: bool) -> View:
    """Render the left or the right view; among surfaces of equal disparity the later one is in front."""
    view = View(
        np.zeros((*image_size, 3), np.uint8),
        np.full(image_size, -np.inf, np.float32),
        np.full(image_size, NO_CLASS, np.uint8),
    )
    for surface in surfaces:
        _draw(view, surface, right=right)
    return view


def _draw(view: View, surface: Surface, *, right: bool) -> None:
    plane, bounds = surface.plane, surface.shape.bounds
    rows, columns = _box(plane.right_bounds(bounds) if right else bounds, view.disparity.shape)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None]
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    x_left = plane.left_column(x, y) if right else x
    disparity = x_left - x if right else plane.disparity(x, y)
    nearest = view.disparity[rows, columns]
    shown = surface.shape.contains(x_left, y) & (disparity >= nearest)
    if not shown.any():
        return
    to_texture = surface.paint.to_texture @ plane.right_to_left() if right else surface.paint.to_texture
    pixels = _sample(surface.paint, to_texture, rows, columns)
    cv2.copyTo(pixels, shown.view(np.uint8), view.image[rows, columns])
    np.copyto(nearest, disparity, where=shown)
    view.classes[rows, columns][shown] = surface.class_id


def _sample(paint: Paint, to_texture: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """Texture colors at the pixel centers of a box.

    Linear interpolation, because OpenCV's cubic one streaks where a texture is reflected more than once.
    """
    shift = np.array([[1, 0, columns.start], [0, 1, rows.start], [0, 0, 1]])
    patch = cv2.warpAffine(
        paint.texture,
        (to_texture @ shift)[:2],
        (columns.stop - columns.start, rows.stop - rows.start),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return cv2.LUT(patch, paint.tones)


def visible_in_right(surfaces: Sequence[Surface], disparity: np.ndarray) -> np.ndarray:
    """Which left pixels the right camera sees (H×W bool).

    Each pixel is followed to its sub-pixel place in the right view; it is hidden when that place lies outside
    the image or when a surface with a larger disparity covers it.
    """
    height, width = disparity.shape
    x_right = np.arange(width, dtype=np.float32) - disparity
    y = np.arange(height, dtype=np.float32)[:, None]
    visible = x_right >= 0
    reach = float(disparity.max())
    for surface in surfaces:
        left, top, right, bottom = surface.plane.right_bounds(surface.shape.bounds)
        rows, columns = _box((left, top, right + reach, bottom), disparity.shape)
        x_left = surface.plane.left_column(x_right[rows, columns], y[rows])
        nearer = x_left - x_right[rows, columns] > disparity[rows, columns] + NEARER_BY
        if nearer.any():
            visible[rows, columns] &= ~(nearer & surface.shape.contains(x_left, y[rows]))
    return visible


def photograph(image: np.ndarray, rng: np.random.Generator, *, gain: float) -> np.ndarray:
    """Expose ``image`` (uint8) with ``gain``, add sensor noise and quantize to 8 bits."""
    noise = rng.standard_normal(image.shape, np.float32)
    return np.clip(image * np.float32(gain) + noise * (255 * SENSOR_NOISE) + 0.5, 0, 255).astype(np.uint8)


def _box(bounds: Bounds, image_size: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the pixels whose centers lie within ``bounds`` and the image."""
    left, top, right, bottom = bounds
    rows = slice(max(0, int(np.ceil(top))), min(image_size[0], int(np.floor(bottom)) + 1))
    columns = slice(max(0, int(np.ceil(left))), min(image_size[1], int(np.floor(right)) + 1))
    return rows, columns
