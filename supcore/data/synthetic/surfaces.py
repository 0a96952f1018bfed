"""A surface: a textured piece of a plane in disparity space."""

from dataclasses import dataclass

import numpy as np

from supcore.data.synthetic.shapes import Bounds, Shape

NO_CLASS = 255


@dataclass(frozen=True)
class Plane:
    """Disparity as a linear function of the left pixel: ``column_slope * x + row_slope * y + offset`` (px).

    A point at left column x lies at right column x - disparity, so the way back from the right view to the
    left one is a closed form too. It exists because ``column_slope`` < 1: both cameras see the same side.
    """

    column_slope: float
    row_slope: float
    offset: float

    def disparity(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Disparity (px) at left columns ``x`` and rows ``y``."""
        return self.column_slope * x + (self.row_slope * y + self.offset)

    def left_column(self, right_column: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Left column of the point of this plane seen at ``right_column`` in row ``y``."""
        if not self.row_slope:  # keeps one row of columns one row: much less work for upright surfaces
            return (right_column + self.offset) * (1 / (1 - self.column_slope))
        return (right_column + (self.row_slope * y + self.offset)) * (1 / (1 - self.column_slope))

    def right_to_left(self) -> np.ndarray:
        """The same as a 3×3 matrix on (right column, row, 1)."""
        scale = 1 / (1 - self.column_slope)
        return np.array([[scale, scale * self.row_slope, scale * self.offset], [0, 1, 0], [0, 0, 1]])

    def right_bounds(self, bounds: Bounds) -> Bounds:
        """Bounds in the right view of a region with ``bounds`` in the left view."""
        left, top, right, bottom = bounds
        columns = [
            x - (self.column_slope * x + self.row_slope * y + self.offset) for x in (left, right) for y in (top, bottom)
        ]
        return min(columns), top, max(columns), bottom


def frontal(disparity: float) -> Plane:
    """The plane parallel to both images at ``disparity`` (px)."""
    return Plane(0.0, 0.0, disparity)


def plane_through(center: tuple[float, float], disparity: float, slopes: tuple[float, float]) -> Plane:
    """The plane with ``disparity`` (px) at ``center`` (x, y) and the given column and row slopes."""
    return Plane(*slopes, disparity - slopes[0] * center[0] - slopes[1] * center[1])


@dataclass(frozen=True)
class Paint:
    """What a surface looks like.

    Attributes:
        texture: h×w×3 uint8, continued by reflection.
        to_texture: 3×3 affine matrix from left (x, y, 1) to texture (column, row, 1).
        tones: 1×256×3 uint8, the color that each texture value becomes, per channel.
    """

    texture: np.ndarray
    to_texture: np.ndarray
    tones: np.ndarray


@dataclass(frozen=True)
class Surface:
    """A painted shape on a plane; ``class_id`` is a Cityscapes train id or 255."""

    plane: Plane
    shape: Shape
    paint: Paint
    class_id: int = NO_CLASS
