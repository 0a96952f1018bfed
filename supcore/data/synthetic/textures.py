"""The textures that surfaces are painted with.

Stereo matching is only possible where the texture is rich and does not repeat: every texture has fine detail
everywhere, and all patterns are irregular.
"""

from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path

import cv2
import numpy as np

from supcore.data.image_io import read_image
from supcore.data.synthetic.surfaces import Paint, Plane
from supcore.errors import SupError
from supcore.seeding import numpy_generator

TEXTURE_SIZE = 256
PER_FAMILY = 6
# Photographs inside the scikit-image wheel without large black areas or repetition. PNG only, because JPEG
# decoders differ in their last bit.
PHOTOS = ("astronaut", "camera", "chelsea", "coffee", "coins", "grass", "gravel")
FINE_DETAIL = 0.085  # local standard deviation that every place of a texture has, at least, in [0, 1]
# Texture pixels per image pixel. Below 1 the texture is magnified, hence free of aliasing in both views.
SAMPLING_STEP = (0.6, 0.95)


def random_paint(
    rng: np.random.Generator,
    plane: Plane,
    *,
    families: tuple[str, ...],
    color: np.ndarray,
    contrast: float,
    rotation: float,
) -> Paint:
    """Draw a texture of one of ``families`` (names in :func:`texture_bank`) and lay it on ``plane``.

    Args:
        rng: random stream of the scene.
        plane: where its right view is squeezed by the slant, the texture is magnified accordingly.
        families: keys of :func:`texture_bank` to choose from.
        color: mean RGB color in [0, 1], shape (3,).
        contrast: factor on the texture's deviation from its mean.
        rotation: the texture is turned by up to ± this angle, in radians.
    """
    textures = texture_bank()[families[rng.integers(len(families))]]
    texture = textures[rng.integers(len(textures))]
    angle = rng.uniform(-rotation, rotation)
    squeeze = max(1.0, 1 / (1 - plane.column_slope))  # rows are squeezed by nothing else: a row slope only shifts
    step = rng.uniform(*SAMPLING_STEP) / squeeze
    cosine, sine = step * np.cos(angle), step * np.sin(angle)
    start = rng.uniform(0, texture.shape[0], 2)
    to_texture = np.array([[cosine, -sine, start[0]], [sine, cosine, start[1]], [0, 0, 1]])
    values = np.arange(256, dtype=np.float32)[:, None] / 255 - 0.5
    tones = np.clip((color + contrast * values) * 255 + 0.5, 0, 255).astype(np.uint8)[None]
    return Paint(texture, to_texture, tones)


@cache
def texture_bank() -> dict[str, list[np.ndarray]]:
    """All textures by family, h×w×3 uint8 with mean about 128; built once a process.

    Every drawn family has PER_FAMILY members. Each photograph, large and small, is a family of its own,
    and "photo" is all of them.

    Raises:
        SupError: scikit-image, which brings the photographs, is missing or incomplete.
    """
    drawn: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
        "noise": _octave_noise,
        "patches": _overlapping_patches,
        "checks": _irregular_checks,
        "bricks": _irregular_bricks,
    }
    bank = {name: [_photo(name, side) for side in (TEXTURE_SIZE, TEXTURE_SIZE // 2)] for name in PHOTOS}
    bank["photo"] = [texture for textures in bank.values() for texture in textures]
    for name, draw in drawn.items():
        generators = [numpy_generator(0, "texture", name, number) for number in range(PER_FAMILY)]
        bank[name] = [_finish(draw(rng), rng) for rng in generators]
    return bank


def _photo(name: str, side: int) -> np.ndarray:
    """The top left square of a photograph, shrunk to ``side`` × ``side`` px."""
    try:
        folder = Path(str(resources.files("skimage"))) / "data"
    except ModuleNotFoundError as error:
        raise SupError("synthetic scenes need photographs of scikit-image: pip install scikit-image") from error
    path = folder / f"{name}.png"
    if not path.is_file():
        raise SupError(f"{path}: photograph missing; pip install --force-reinstall scikit-image")
    image = read_image(path)
    crop = min(image.shape[:2])
    square = cv2.resize(image[:crop, :crop], (side, side), interpolation=cv2.INTER_AREA)
    return _finish(square.astype(np.float32), numpy_generator(0, "texture", name))


def _finish(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bring mean and contrast to a common level and add fine detail wherever an H×W×3 texture is smooth."""
    image = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 0.6)
    image = (image - image.mean(axis=(0, 1))) / image.std()
    image = np.clip(0.5 + 0.17 * image, 0.15, 0.85)
    coarse = cv2.GaussianBlur(image, (0, 0), 2.0)
    present = np.sqrt(cv2.GaussianBlur((image - coarse) ** 2, (0, 0), 4.0).mean(axis=2, keepdims=True))
    fine = cv2.GaussianBlur(rng.standard_normal(image.shape, np.float32), (0, 0), 0.9)
    fine += fine.mean(axis=2, keepdims=True)
    image = image + np.maximum(FINE_DETAIL - present, 0) * fine / fine.std()
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)


def _random_colors(rng: np.random.Generator, *count: int) -> np.ndarray:
    """Colors as photographs have them, mostly gray: float array of shape (*count, 3) in [0, 255]."""
    return np.clip(rng.uniform(0, 255, (*count, 1)) + rng.normal(0, 35, (*count, 3)), 0, 255)


def _octave_noise(rng: np.random.Generator) -> np.ndarray:
    """Random values on grids from coarse to fine; how fast they fade with fineness is drawn as well."""
    roughness = rng.uniform(0.2, 0.7)
    image = np.zeros((TEXTURE_SIZE, TEXTURE_SIZE, 3), np.float32)
    cells = 4
    while cells <= TEXTURE_SIZE:
        values = rng.standard_normal((cells, cells, 3)) * 0.4 + rng.standard_normal((cells, cells, 1))
        grid = values.astype(np.float32) / cells**roughness
        image += cv2.resize(grid, (TEXTURE_SIZE, TEXTURE_SIZE), interpolation=cv2.INTER_CUBIC)
        cells *= 2
    return image


def _overlapping_patches(rng: np.random.Generator) -> np.ndarray:
    """Turned boxes and ellipses of all sizes, each partly covering earlier ones."""
    image = np.full((TEXTURE_SIZE, TEXTURE_SIZE, 3), 128, np.uint8)
    for _ in range(1500):
        center = tuple(rng.uniform(0, TEXTURE_SIZE, 2).tolist())
        size = tuple((2.5 / rng.uniform(0.07, 1, 2)).tolist())
        box = (center, size, float(rng.uniform(0, 180)))
        color = _random_colors(rng, 1)[0].tolist()
        if rng.random() < 0.5:
            cv2.ellipse(image, box, color, -1, cv2.LINE_AA)
        else:
            cv2.fillConvexPoly(image, np.rint(cv2.boxPoints(box)).astype(np.int32), color, cv2.LINE_AA)
    return image


def _irregular_checks(rng: np.random.Generator) -> np.ndarray:
    """A grid with uneven spacing whose cells have independent colors."""
    widths, heights = rng.integers(2, 10, (2, TEXTURE_SIZE // 2))
    colors = _random_colors(rng, heights.size, widths.size)
    return colors.repeat(heights, 0).repeat(widths, 1)[:TEXTURE_SIZE, :TEXTURE_SIZE]


def _irregular_bricks(rng: np.random.Generator) -> np.ndarray:
    """Courses of bricks of uneven size and color in a light mortar."""
    image = np.full((TEXTURE_SIZE, TEXTURE_SIZE, 3), 200, np.float32)
    top = 0
    while top < TEXTURE_SIZE:
        height = int(rng.integers(4, 9))
        left = -int(rng.integers(0, 10))
        while left < TEXTURE_SIZE:
            width = int(rng.integers(5, 20))
            brick = image[top : top + height - 1, max(left, 0) : max(left + width - 1, 0)]
            brick[:] = 0.6 * _random_colors(rng, 1)[0]
            left += width
        top += height
    return image
