"""Scenes of clutter: slanted shapes of all kinds float before a slanted background."""

from collections.abc import Callable

import numpy as np

from supcore.data.synthetic.shapes import Blob, Polygon, Shape, rectangle, rotated_rectangle
from supcore.data.synthetic.surfaces import Paint, Plane, Surface, plane_through
from supcore.data.synthetic.textures import random_paint

FAMILIES = ("noise", "patches", "checks", "bricks", "photo")
STEEPEST = 0.3
# Disparities as fractions of the maximum: the background, the shapes, and what no surface may leave.
BACKGROUND, SHAPES, ALLOWED = (0.08, 0.35), (0.15, 0.92), (0.02, 0.98)


def things_surfaces(rng: np.random.Generator, image_size: tuple[int, int], max_disparity: float) -> list[Surface]:
    """Surfaces of one scene; disparities stay between 0 and ``max_disparity`` (px) within the left image."""
    height, width = image_size
    middle = ((width - 1) / 2, (height - 1) / 2)
    background = _slanted_plane(rng, middle, middle, BACKGROUND, max_disparity)
    everywhere = rectangle(-width, -1.0, 3.0 * width, height + 1.0)
    surfaces = [Surface(background, everywhere, _random_paint(rng, background))]
    for _ in range(int(rng.integers(12, 26))):
        center = (float(rng.uniform(-0.05, 1.05) * width), float(rng.uniform(-0.05, 1.05) * height))
        shape = SHAPE_KINDS[rng.integers(len(SHAPE_KINDS))](rng, center, height)
        left, top, right, bottom = shape.bounds
        plane = _slanted_plane(
            rng,
            center,
            (max(right - center[0], center[0] - left), max(bottom - center[1], center[1] - top)),
            SHAPES,
            max_disparity,
        )
        surfaces.append(Surface(plane, shape, _random_paint(rng, plane)))
    return surfaces


def _slanted_plane(
    rng: np.random.Generator,
    center: tuple[float, float],
    half_sizes: tuple[float, float],
    fractions: tuple[float, float],
    max_disparity: float,
) -> Plane:
    """A random plane that stays within ALLOWED over a region of ``half_sizes`` (px) around ``center``."""
    fraction = float(rng.uniform(*fractions))
    room = min(fraction - ALLOWED[0], ALLOWED[1] - fraction) * max_disparity
    share = float(rng.uniform(0, 1))
    steepness = [share * room / half_sizes[0], (1 - share) * room / half_sizes[1]]
    slopes = [float(rng.uniform(-1, 1)) * min(value, STEEPEST) for value in steepness]
    return plane_through(center, fraction * max_disparity, (slopes[0], slopes[1]))


def _random_paint(rng: np.random.Generator, plane: Plane) -> Paint:
    color, contrast = rng.uniform(0.3, 0.7, 3), float(rng.uniform(0.25, 1.1))
    return random_paint(rng, plane, families=FAMILIES, color=color, contrast=contrast, rotation=np.pi)


def _ellipse(rng: np.random.Generator, center: tuple[float, float], height: int) -> Shape:
    radii = rng.uniform(0.08, 0.3, 2) * height
    return Blob(center, (float(radii[0]), float(radii[1])), float(rng.uniform(0, np.pi)))


def _lobed(rng: np.random.Generator, center: tuple[float, float], height: int) -> Shape:
    radius = float(rng.uniform(0.1, 0.25) * height)
    waves = [(lobes, float(rng.uniform(0, 0.2)), float(rng.uniform(0, 2 * np.pi))) for lobes in (2, 3, 5)]
    return Blob(center, (radius, radius), 0.0, waves)


def _box(rng: np.random.Generator, center: tuple[float, float], height: int) -> Shape:
    half_sizes = rng.uniform(0.08, 0.28, 2) * height
    return rotated_rectangle(center, (float(half_sizes[0]), float(half_sizes[1])), float(rng.uniform(0, np.pi)))


def _bar(rng: np.random.Generator, center: tuple[float, float], height: int) -> Shape:
    half_sizes = (float(rng.uniform(0.2, 0.6)) * height, float(rng.uniform(0.015, 0.05)) * height)
    return rotated_rectangle(center, half_sizes, float(rng.uniform(0, np.pi)))


def _polygon(rng: np.random.Generator, center: tuple[float, float], height: int) -> Shape:
    """Corners on an ellipse in order of angle: always convex."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
    radii = rng.uniform(0.12, 0.32, 2) * height
    corners = np.stack([center[0] + radii[0] * np.cos(angles), center[1] + radii[1] * np.sin(angles)], axis=1)
    return Polygon([(float(x), float(y)) for x, y in corners])


SHAPE_KINDS: tuple[Callable[[np.random.Generator, tuple[float, float], int], Shape], ...] = (
    _ellipse,
    _lobed,
    _box,
    _bar,
    _polygon,
)
