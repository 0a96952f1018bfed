"""A street in metres as a stereo rig on a flat road sees it.

Lateral positions are metres right of the camera, heights metres above the road. The depth of a thing is given
by its disparity, which fixes everything else: the image scale, and the row where the thing touches the road.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supcore.data.synthetic.shapes import Blob, Polygon
from supcore.data.synthetic.surfaces import Plane

CAMERA_HEIGHT = 1.6
Point = tuple[float, float]


@dataclass(frozen=True)
class Street:
    """The rig.

    Attributes:
        horizon: row of the horizon, px.
        center: column of the vanishing point, px.
        road_slope: disparity that the road gains per row.
        focal_length: in px.
        max_disparity: limit that everything stays below, px.
    """

    horizon: float
    center: float
    road_slope: float
    focal_length: float
    max_disparity: float

    @property
    def baseline(self) -> float:
        """Distance of the two cameras in metres."""
        return self.road_slope * CAMERA_HEIGHT

    def project(self, lateral: float, height: float, disparity: float) -> Point:
        """Left pixel (x, y) of a point."""
        scale = disparity / self.baseline
        return self.center + lateral * scale, self.horizon + (CAMERA_HEIGHT - height) * scale

    def behind(self, disparity: float, metres: float) -> float:
        """Disparity of what lies ``metres`` behind a thing with ``disparity``."""
        return 1 / (1 / disparity + metres / (self.focal_length * self.baseline))

    def ground(self, height: float = 0.0) -> Plane:
        """Level ground at ``height``."""
        slope = self.baseline / (CAMERA_HEIGHT - height)
        return Plane(0.0, slope, -slope * self.horizon)

    def side(self, lateral: float) -> Plane:
        """The upright plane along the street at ``lateral``."""
        slope = self.baseline / lateral
        return Plane(slope, 0.0, -slope * self.center)

    def outline(self, disparity: float, corners: Sequence[Point]) -> Polygon:
        """Convex polygon facing the camera; corners are (lateral, height)."""
        return Polygon([self.project(lateral, height, disparity) for lateral, height in corners])

    def panel(self, disparity: float, lateral: Point, heights: Point) -> Polygon:
        """Rectangle facing the camera between two lateral positions and two heights."""
        (left, right), (bottom, top) = lateral, heights
        return self.outline(disparity, ((left, bottom), (right, bottom), (right, top), (left, top)))

    def disc(
        self, disparity: float, middle: Point, radii: Point, waves: Sequence[tuple[int, float, float]] = ()
    ) -> Blob:
        """Ellipse or wavy blob facing the camera around (lateral, height), radii in metres."""
        scale = disparity / self.baseline
        return Blob(self.project(*middle, disparity), (radii[0] * scale, radii[1] * scale), 0.0, waves)

    def flank(self, lateral: float, heights: Point, near: float, far: float) -> Polygon:
        """Rectangle along the street at ``lateral`` between the disparities ``near`` and ``far``."""
        bottom, top = heights
        corners = ((bottom, near), (top, near), (top, far), (bottom, far))
        return Polygon([self.project(lateral, height, disparity) for height, disparity in corners])

    def strip(self, lateral: Point, near: float, far: float, height: float = 0.0) -> Polygon:
        """Part of the ground at ``height`` between two lateral positions and two disparities."""
        left, right = lateral
        corners = ((left, near), (right, near), (right, far), (left, far))
        return Polygon([self.project(side, height, disparity) for side, disparity in corners])


def random_street(rng: np.random.Generator, image_size: tuple[int, int], max_disparity: float) -> Street:
    """Draw a rig; the road's disparity at the bottom row is 0.45 to 0.85 of ``max_disparity`` (px)."""
    height, width = image_size
    horizon = float(rng.uniform(0.36, 0.5)) * height
    slope = float(rng.uniform(0.45, 0.85)) * max_disparity / (height - horizon)
    center, focal_length = float(rng.uniform(0.35, 0.65)) * width, float(rng.uniform(0.7, 1.1)) * width
    return Street(horizon, center, slope, focal_length, max_disparity)
