"""Street scenes: a road between buildings and greenery, with vehicles, persons, poles and signs on it.

All positions are in metres (see :mod:`supcore.data.synthetic.street`); depths are disparities.
"""

import numpy as np

from supcore.data.synthetic.palette import street_paint
from supcore.data.synthetic.shapes import Shape, rectangle
from supcore.data.synthetic.street import Point, Street, random_street
from supcore.data.synthetic.surfaces import Plane, Surface, frontal

ROAD, SIDEWALK, BUILDING, WALL, FENCE, POLE, LIGHT, SIGN, VEGETATION, TERRAIN = range(10)
SKY, PERSON, RIDER, CAR, TRUCK, BUS = range(10, 16)

SKY_DISPARITY = 0.013  # of the maximum
NEAREST = 0.92  # of the maximum, what an upright surface may reach
STEEPEST_SIDE = 0.4  # column slope; flanks seen more obliquely are left out
LANE = 3.4


class _Scene:
    """Collects surfaces; every helper adds one thing that stands on the street."""

    def __init__(self, rng: np.random.Generator, image_size: tuple[int, int], max_disparity: float) -> None:
        self.rng = rng
        self.height, self.width = image_size
        self.street: Street = random_street(rng, image_size, max_disparity)
        self.surfaces: list[Surface] = []

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def depth(self, low: float, high: float) -> float:
        """A disparity between two fractions of the maximum; far things are more frequent, as in a street."""
        return self.street.max_disparity * float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def add(self, class_id: int, plane: Plane, shape: Shape, *, tone: str | None = None) -> None:
        self.surfaces.append(Surface(plane, shape, street_paint(self.rng, plane, class_id, tone), class_id))

    def box(self, class_id: int, lateral: Point, heights: Point, near: float, far: float) -> None:
        """A block: its front, and the flank that faces the camera."""
        near = min(near, NEAREST * self.street.max_disparity)
        inner = min(lateral, key=abs)
        plane = self.street.side(inner)
        if abs(plane.column_slope) < STEEPEST_SIDE and lateral[0] * lateral[1] > 0:
            self.add(class_id, plane, self.street.flank(inner, heights, near, far))
        self.add(class_id, frontal(near), self.street.panel(near, lateral, heights))


def driving_surfaces(rng: np.random.Generator, image_size: tuple[int, int], max_disparity: float) -> list[Surface]:
    """Surfaces of one scene; disparities stay between 0 and ``max_disparity`` (px) within the left image."""
    scene = _Scene(rng, image_size, max_disparity)
    half_road = scene.uniform(1.0, 2.0) * LANE
    _backdrop(scene)
    _road(scene, half_road)
    for side in (-1, 1):
        _roadside(scene, side, half_road)
    for _ in range(int(rng.integers(2, 6))):
        _car(scene, half_road)
    if rng.random() < 0.4:
        _truck_or_bus(scene, half_road)
    return scene.surfaces


def _backdrop(scene: _Scene) -> None:
    """The sky, open ground to the horizon, and blocks far down the street."""
    street, width, height = scene.street, scene.width, scene.height
    sky = SKY_DISPARITY * street.max_disparity
    scene.add(SKY, frontal(sky), rectangle(-width, -1.0, 3.0 * width, height + 1.0))
    scene.add(TERRAIN, street.ground(), rectangle(-width, street.horizon, 3.0 * width, height + 1.0))
    for _ in range(int(scene.rng.integers(1, 4))):
        far = scene.depth(0.03, 0.07)
        left = scene.uniform(-40, 30)
        kind = BUILDING if scene.rng.random() < 0.5 else VEGETATION
        outline = street.panel(far, (left, left + scene.uniform(8, 25)), (0.0, scene.uniform(3, 12)))
        scene.add(kind, frontal(far), outline)


def _road(scene: _Scene, half_road: float) -> None:
    """The road with an edge line on each side and a dashed line in the middle, all in one plane."""
    street = scene.street
    near, far = street.max_disparity, 0.01 * street.max_disparity
    scene.add(ROAD, street.ground(), street.strip((-half_road, half_road), near, far))
    for edge in (-half_road + 0.3, half_road - 0.3):
        scene.add(ROAD, street.ground(), street.strip((edge - 0.07, edge + 0.07), near, far), tone="marking")
    dash = near
    while dash > 0.12 * near:
        end = street.behind(dash, 2.0)
        scene.add(ROAD, street.ground(), street.strip((-0.08, 0.08), dash, end), tone="marking")
        dash = street.behind(end, scene.uniform(2.0, 4.0))


def _roadside(scene: _Scene, side: int, half_road: float) -> None:
    """Sidewalk, a row of blocks behind it, and what stands between."""
    street, rng = scene.street, scene.rng
    kerb = side * half_road
    line = side * (half_road + scene.uniform(1.5, 5.0))
    if rng.random() < 0.8:
        walk = sorted((kerb, line))
        limits = (street.max_disparity, 0.01 * street.max_disparity)
        scene.add(SIDEWALK, street.ground(0.15), street.strip((walk[0], walk[1]), *limits, height=0.15))
    near = scene.depth(0.35, 0.9)
    for _ in range(int(rng.integers(2, 5))):
        far = street.behind(near, scene.uniform(5, 18))
        _block(scene, line + side * scene.uniform(0, 2), near, far)
        near = street.behind(far, scene.uniform(0, 6))
    for _ in range(int(rng.integers(1, 3))):
        _tree(scene, line - side * scene.uniform(0, 1))
    for _ in range(int(rng.integers(1, 3))):
        _pole(scene, kerb + side * scene.uniform(0.3, 1.0), side)
    for _ in range(int(rng.integers(0, 3))):
        _person(scene, kerb + side * scene.uniform(0.5, 3))


def _block(scene: _Scene, lateral: float, near: float, far: float) -> None:
    """A building, hedge, wall or fence along the street."""
    kind = int(scene.rng.choice((BUILDING, VEGETATION, WALL, FENCE), p=(0.6, 0.2, 0.1, 0.1)))
    top = {BUILDING: (4, 14), VEGETATION: (1.5, 5), WALL: (1.2, 3), FENCE: (1, 2)}[kind]
    thickness = 10.0 if kind == BUILDING else 1.5
    outer = lateral + np.sign(lateral) * thickness
    scene.box(kind, (min(lateral, outer), max(lateral, outer)), (0.0, scene.uniform(*top)), near, far)


def _tree(scene: _Scene, lateral: float) -> None:
    """A trunk under a lobed crown."""
    street, disparity = scene.street, scene.depth(0.12, 0.7)
    radius, trunk = scene.uniform(1, 2.2), scene.uniform(1.5, 3)
    waves = [(lobes, scene.uniform(0.03, 0.12), scene.uniform(0, 2 * np.pi)) for lobes in (3, 5, 8)]
    scene.add(
        VEGETATION,
        frontal(disparity),
        street.panel(disparity, (lateral - 0.15, lateral + 0.15), (0, trunk + radius)),
        tone="trunk",
    )
    crown = street.disc(disparity, (lateral, trunk + radius), (radius, scene.uniform(0.9, 1.4) * radius), waves)
    scene.add(VEGETATION, frontal(1.01 * disparity), crown)


def _pole(scene: _Scene, lateral: float, side: int) -> None:
    """A pole, bare or with a sign or a traffic light on it."""
    street, disparity = scene.street, scene.depth(0.12, 0.85)
    top, half_width = scene.uniform(3, 6), scene.uniform(0.06, 0.14)
    scene.add(
        POLE,
        frontal(disparity),
        street.panel(disparity, (lateral - half_width, lateral + half_width), (0, top)),
    )
    load, height = scene.rng.integers(4), scene.uniform(2.2, 3.2)
    plane = frontal(1.01 * disparity)
    if load == 0:
        scene.add(SIGN, plane, street.disc(disparity, (lateral, height), (0.4, 0.4)))
    elif load == 1:
        scene.add(SIGN, plane, street.panel(disparity, (lateral - 0.5, lateral + 0.5), (height, height + 0.7)))
    elif load == 2:
        scene.add(LIGHT, plane, street.panel(disparity, (lateral - 0.2, lateral + 0.2), (height, height + 1.0)))
        lamp = street.disc(disparity, (lateral, height + scene.uniform(0.2, 0.8)), (0.13, 0.13))
        scene.add(LIGHT, plane, lamp, tone="lamp")
    else:
        arm = sorted((lateral, lateral - side * 1.5))
        scene.add(POLE, plane, street.panel(disparity, (arm[0], arm[1]), (top - 0.15, top)))


def _person(scene: _Scene, lateral: float) -> None:
    """Legs, trunk and head as upright parts in one plane."""
    street, disparity, size = scene.street, scene.depth(0.15, 0.8), scene.uniform(0.8, 1.1)
    legs = (
        (lateral - 0.2, 0),
        (lateral + 0.2, 0),
        (lateral + 0.17, 0.9 * size),
        (lateral - 0.17, 0.9 * size),
    )
    scene.add(PERSON, frontal(disparity), street.outline(disparity, legs))
    scene.add(PERSON, frontal(disparity), street.disc(disparity, (lateral, 1.15 * size), (0.27, 0.38 * size)))
    scene.add(PERSON, frontal(disparity), street.disc(disparity, (lateral, 1.62 * size), (0.12, 0.15)), tone="skin")


def _car(scene: _Scene, half_road: float) -> None:
    """A car seen along the street: body block, narrower cabin with a window, wheels."""
    street, disparity = scene.street, scene.depth(0.12, 0.9)
    lateral = scene.uniform(-half_road, half_road)
    half_width, waist, top = scene.uniform(0.8, 0.95), scene.uniform(0.85, 1.0), scene.uniform(1.4, 1.8)
    scene.box(
        CAR,
        (lateral - half_width, lateral + half_width),
        (0.3, waist),
        disparity,
        street.behind(disparity, 4.2),
    )
    cabin = street.behind(disparity, 0.3)
    scene.box(
        CAR,
        (lateral - 0.8 * half_width, lateral + 0.8 * half_width),
        (waist, top),
        cabin,
        street.behind(cabin, 2.5),
    )
    window = [
        (lateral + share * half_width, height)
        for share, height in ((-0.75, waist), (0.75, waist), (0.62, top - 0.12), (-0.62, top - 0.12))
    ]
    scene.add(CAR, frontal(cabin), street.outline(cabin, window), tone="window")
    for wheel in (-0.75, 0.75):
        middle = lateral + wheel * half_width
        scene.add(
            CAR,
            frontal(disparity),
            street.panel(disparity, (middle - 0.13, middle + 0.13), (0, 0.4)),
            tone="tyre",
        )


def _truck_or_bus(scene: _Scene, half_road: float) -> None:
    """One tall vehicle on a lane, with a window band or a cargo body."""
    street, disparity = scene.street, scene.depth(0.12, 0.6)
    kind = TRUCK if scene.rng.random() < 0.5 else BUS
    lateral = float(scene.rng.choice((-0.5, 0.5))) * half_road
    edges, top = (lateral - 1.25, lateral + 1.25), scene.uniform(2.8, 3.8)
    scene.box(kind, edges, (0.4, top), disparity, street.behind(disparity, 8.0))
    window = street.panel(disparity, (edges[0] + 0.15, edges[1] - 0.15), (1.5, 2.4))
    scene.add(kind, frontal(disparity), window, tone="window")
    for middle in (edges[0] + 0.25, edges[1] - 0.25):
        wheel = street.panel(disparity, (middle - 0.2, middle + 0.2), (0, 0.6))
        scene.add(kind, frontal(disparity), wheel, tone="tyre")
