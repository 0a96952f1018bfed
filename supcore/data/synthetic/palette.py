"""Which textures and colors the classes of a street scene wear."""

from dataclasses import dataclass

import numpy as np

from supcore.data.synthetic.surfaces import Paint, Plane
from supcore.data.synthetic.textures import random_paint

# A scene is a street because of its colors, but nothing may be recognized by its texture alone.
TILT = 0.2  # radians, how far textures of upright things are turned
COLOR_JITTER = 0.05
CONTRAST = (0.25, 1.0)  # many real surfaces are weakly textured, and matching is fragile there


@dataclass(frozen=True)
class Look:
    """Families of textures and mean RGB colors in [0, 1] to choose from, and a factor on their contrast."""

    families: tuple[str, ...]
    colors: tuple[tuple[float, float, float], ...]
    contrast: float = 1.0


ANY = ("noise", "patches", "checks", "bricks", "photo")
GREENERY = Look(("grass", "noise", "patches"), ((0.27, 0.4, 0.22), (0.35, 0.45, 0.2), (0.22, 0.34, 0.24)))
VEHICLE = Look(
    ("noise", "patches", "photo"),
    (
        (0.65, 0.25, 0.25),
        (0.25, 0.33, 0.6),
        (0.72, 0.72, 0.74),
        (0.3, 0.3, 0.32),
        (0.7, 0.6, 0.25),
        (0.3, 0.5, 0.45),
    ),
)
BY_CLASS = {
    0: Look(("noise", "gravel"), ((0.38, 0.38, 0.4), (0.45, 0.44, 0.43)), contrast=0.55),
    1: Look(("gravel", "checks", "bricks", "noise"), ((0.6, 0.57, 0.55), (0.55, 0.5, 0.5))),
    2: Look(ANY, ((0.6, 0.5, 0.42), (0.65, 0.62, 0.56), (0.55, 0.38, 0.33), (0.5, 0.52, 0.56))),
    3: Look(("bricks", "gravel", "noise"), ((0.55, 0.5, 0.46), (0.5, 0.42, 0.38))),
    4: Look(("checks", "bricks", "patches"), ((0.5, 0.42, 0.32), (0.42, 0.44, 0.46))),
    5: Look(("noise", "gravel"), ((0.35, 0.36, 0.37), (0.55, 0.55, 0.55))),
    6: Look(("noise", "patches"), ((0.25, 0.25, 0.22),)),
    7: Look(("patches", "checks", "photo"), ((0.7, 0.3, 0.28), (0.28, 0.4, 0.7), (0.72, 0.66, 0.3))),
    8: GREENERY,
    9: Look(("grass", "gravel", "noise"), ((0.42, 0.48, 0.28), (0.5, 0.45, 0.33))),
    10: Look(("noise",), ((0.6, 0.7, 0.8), (0.72, 0.75, 0.78)), contrast=0.4),
    11: Look(
        ("patches", "photo", "noise"),
        ((0.6, 0.3, 0.3), (0.3, 0.35, 0.55), (0.35, 0.32, 0.3), (0.6, 0.6, 0.5)),
    ),
    13: VEHICLE,
    14: VEHICLE,
    15: VEHICLE,
}
BY_TONE = {
    "marking": Look(("noise", "gravel"), ((0.75, 0.75, 0.73),)),
    "trunk": Look(("noise", "gravel"), ((0.36, 0.28, 0.22),)),
    "window": Look(("photo", "noise", "patches"), ((0.26, 0.29, 0.33),)),
    "tyre": Look(("noise", "gravel"), ((0.22, 0.22, 0.22),)),
    "lamp": Look(("noise",), ((0.75, 0.3, 0.25), (0.35, 0.72, 0.4), (0.75, 0.65, 0.3))),
    "skin": Look(("noise",), ((0.7, 0.55, 0.45), (0.45, 0.33, 0.27))),
}


def street_paint(rng: np.random.Generator, plane: Plane, class_id: int, tone: str | None) -> Paint:
    """Paint for a surface on ``plane``; ``tone``, a key of ``BY_TONE``, is for parts unlike their class."""
    look = BY_CLASS[class_id] if tone is None else BY_TONE[tone]
    color = np.array(look.colors[rng.integers(len(look.colors))]) + rng.normal(0, COLOR_JITTER, 3)
    contrast = look.contrast * float(rng.uniform(*CONTRAST))
    return random_paint(rng, plane, families=look.families, color=color, contrast=contrast, rotation=TILT)
