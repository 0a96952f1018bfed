"""Outlines of surfaces, in left pixel coordinates (column x, row y; pixel centers are whole numbers).

A shape answers in closed form whether a point lies inside, so that no mask is ever resampled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

Bounds = tuple[float, float, float, float]


class Shape(Protocol):
    """A bounded region of the left image plane."""

    @property
    def bounds(self) -> Bounds:
        """Smallest and largest column and row: (left, top, right, bottom), in px."""
        ...

    def contains(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Bool array of the broadcast shape of ``x`` and ``y``: is the point inside?"""
        ...


@dataclass(frozen=True)
class Polygon:
    """A convex polygon; the corners (x, y) are in order, clockwise or counter-clockwise."""

    corners: Sequence[tuple[float, float]]

    @property
    def bounds(self) -> Bounds:
        """See :class:`Shape`."""
        columns, rows = zip(*self.corners, strict=True)
        return min(columns), min(rows), max(columns), max(rows)

    def contains(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """See :class:`Shape`."""
        edges = list(zip(self.corners, [*self.corners[1:], self.corners[0]], strict=True))
        turn = 1.0 if sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges) > 0 else -1.0
        inside = np.ones(np.broadcast_shapes(x.shape, y.shape), bool)
        for (x1, y1), (x2, y2) in edges:
            along_x, along_y = turn * (x2 - x1), turn * (y2 - y1)
            inside &= x * along_y <= y * along_x + (x1 * along_y - y1 * along_x)
        return inside


@dataclass(frozen=True)
class Blob:
    """An ellipse whose radius is modulated by waves around it; without waves, a plain ellipse.

    Attributes:
        center: (x, y) in px.
        radii: half axes in px before the modulation.
        angle: rotation of the first axis, in radians.
        waves: (number of lobes, relative amplitude, phase in radians) of each wave.
    """

    center: tuple[float, float]
    radii: tuple[float, float]
    angle: float = 0.0
    waves: Sequence[tuple[int, float, float]] = ()

    @property
    def bounds(self) -> Bounds:
        """See :class:`Shape`."""
        growth = 1 + sum(abs(amplitude) for _, amplitude, _ in self.waves)
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        half_width = growth * float(np.hypot(self.radii[0] * cosine, self.radii[1] * sine))
        half_height = growth * float(np.hypot(self.radii[0] * sine, self.radii[1] * cosine))
        x, y = self.center
        return x - half_width, y - half_height, x + half_width, y + half_height

    def contains(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """See :class:`Shape`."""
        cosine, sine = float(np.cos(self.angle)), float(np.sin(self.angle))
        x, y = x - self.center[0], y - self.center[1]
        first = (x * cosine + y * sine) / self.radii[0]
        second = (y * cosine - x * sine) / self.radii[1]
        squared = first * first + second * second
        if not self.waves:
            return squared <= 1
        around = np.arctan2(second, first)
        limit = 1 + sum(amplitude * np.cos(lobes * around + phase) for lobes, amplitude, phase in self.waves)
        return squared <= limit * limit


def rectangle(left: float, top: float, right: float, bottom: float) -> Polygon:
    """Upright rectangle between two columns and two rows, in px."""
    return Polygon(((left, top), (right, top), (right, bottom), (left, bottom)))


def rotated_rectangle(center: tuple[float, float], half_sizes: tuple[float, float], angle: float) -> Polygon:
    """Rectangle with half sides ``half_sizes`` (px) turned by ``angle`` (radians)."""
    first = half_sizes[0] * np.array([np.cos(angle), np.sin(angle)])
    second = half_sizes[1] * np.array([-np.sin(angle), np.cos(angle)])
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    corners = [np.asarray(center) + i * first + j * second for i, j in signs]
    return Polygon([(float(x), float(y)) for x, y in corners])
