"""The corruptions by name. Adding one takes a function and one entry here; others are found by their import path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from supcore.corruptions import blur, digital, geometry, motion, noise, photometric, weather
from supcore.import_paths import find_entry


@dataclass(frozen=True)
class Corruption:
    """How images are corrupted, and how strongly.

    Attributes:
        function: of an H×W×3 float32 image in [0, 1], the parameters of a severity and, if ``random``, a NumPy
            generator; the result may leave [0, 1] and is clipped afterwards.
        severities: parameters of severity 1, 2, …
        random: whether the function draws random numbers.
        description: one line.
        default_severity: the published one of the authors' release, where it has this corruption; otherwise the middle.
    """

    function: Callable[..., np.ndarray]
    severities: tuple[tuple[Any, ...], ...]
    random: bool
    description: str
    default_severity: int = 1


def _single(*values: Any) -> tuple[tuple[Any], ...]:
    """Severities of one parameter each."""
    return tuple((value,) for value in values)


# The release's, with CIFAR-10-C's parameters (Hendrycks and Dietterich, 2019) where it takes over a list.
_PUBLISHED = {
    "jpeg": Corruption(digital.jpeg, _single(95), False, "JPEG compression, OpenCV's default quality"),
    # The release's code has sigma 1 by default, the script it ships sets 2.
    "gaussian": Corruption(blur.gaussian_blur, ((5, 1), (5, 2)), False, "5×5 Gaussian blur"),
    "quantization": Corruption(digital.quantization, ((),), False, "truncation to 8 bits"),
    # The release's own versions of these two stop with an error, for want of an import.
    "brightness": Corruption(photometric.scale_brightness, ((0.8, 1.2),), True, "brightness times U[0.8, 1.2)"),
    "contrast": Corruption(photometric.scale_contrast, ((0.8, 1.2),), True, "contrast times U[0.8, 1.2)"),
    # CIFAR-10-C's list begins at 0.04; the release puts 0.01 in front.
    "gaussian_noise": Corruption(
        noise.gaussian_noise, _single(0.01, 0.04, 0.06, 0.08, 0.09, 0.10), True, "additive Gaussian noise"
    ),
    "shot_noise": Corruption(noise.shot_noise, _single(500, 250, 100, 75, 50), True, "Poisson noise of photons"),
    "pixelate": Corruption(digital.pixelate, _single(0.5), False, "half the resolution"),
    "defocus_blur": Corruption(
        blur.defocus_blur, ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)), False, "disk-shaped blur", 5
    ),
    "motion_blur": Corruption(
        motion.motion_blur,
        ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
        True,
        "one-sided blur along U(-45, 45) degrees",
    ),
}

_ZOOMS = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))  # end and step of the factors
# Displacement, its smoothness, and jitter of the anchors: multiples of 244 pixels, the original's slip for 224.
_ELASTICITIES = ((2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02))

_common = partial(Corruption, default_severity=3)

# ImageNet-C's fifteen (Hendrycks and Dietterich, 2019), for images of any size.
_IMAGENET_C = {
    "gaussian_noise": _common(
        noise.gaussian_noise, _single(0.08, 0.12, 0.18, 0.26, 0.38), True, "additive Gaussian noise"
    ),
    "shot_noise": _common(noise.shot_noise, _single(60, 25, 12, 5, 3), True, "Poisson noise of photons"),
    "impulse_noise": _common(noise.impulse_noise, _single(0.03, 0.06, 0.09, 0.17, 0.27), True, "salt and pepper noise"),
    "defocus_blur": _common(
        blur.defocus_blur, ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)), False, "disk-shaped blur"
    ),
    "glass_blur": _common(
        blur.glass_blur, ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)), True, "frosted glass"
    ),
    "motion_blur": _common(
        motion.motion_blur,
        ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
        True,
        "one-sided blur along U(-45, 45) degrees",
    ),
    "zoom_blur": _common(
        blur.zoom_blur,
        _single(*(tuple(np.arange(1, *zooms).tolist()) for zooms in _ZOOMS)),
        False,
        "camera moving forwards",
    ),
    "snow": _common(
        weather.snow,
        (
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
            (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
            (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
            (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ),
        True,
        "falling snow",
    ),
    "frost": _common(
        weather.frost, ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)), True, "procedural ice on the lens"
    ),
    "fog": _common(weather.fog, ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)), True, "plasma-fractal fog"),
    "brightness": _common(photometric.add_brightness, _single(0.1, 0.2, 0.3, 0.4, 0.5), False, "value of HSV raised"),
    "contrast": _common(photometric.reduce_contrast, _single(0.4, 0.3, 0.2, 0.1, 0.05), False, "contrast reduced"),
    "elastic_transform": _common(
        geometry.elastic_transform,
        tuple(tuple(244 * length for length in lengths) for lengths in _ELASTICITIES),
        True,
        "smooth random deformation",
    ),
    "pixelate": _common(digital.pixelate, _single(0.6, 0.5, 0.4, 0.3, 0.25), False, "lower resolution"),
    "jpeg_compression": _common(
        digital.jpeg_pillow, _single(25, 18, 15, 10, 7), False, "JPEG compression, Pillow's codec"
    ),
}

CORRUPTIONS: dict[str, Corruption] = _PUBLISHED | {f"imagenet_c_{name}": entry for name, entry in _IMAGENET_C.items()}

# The nine of the paper's plot, and the common fifteen.
GROUPS = {
    "published": tuple(name for name in _PUBLISHED if name != "quantization"),
    "common": tuple(f"imagenet_c_{name}" for name in _IMAGENET_C),
}


def chosen_corruptions(wanted: str | Sequence[str]) -> tuple[str, ...]:
    """The corruptions of a group, or the listed ones.

    Raises:
        SupError: there is no corruption of this name.

    Examples:
        >>> len(chosen_corruptions("published")), len(chosen_corruptions("common"))
        (9, 15)
        >>> chosen_corruptions(["jpeg", "imagenet_c_fog"])
        ('jpeg', 'imagenet_c_fog')
    """
    names = GROUPS[wanted] if isinstance(wanted, str) else tuple(wanted)
    for name in names:
        find_corruption(name)
    return names


def find_corruption(name: str) -> Corruption:
    """The corruption of a name.

    Args:
        name: a key of :data:`CORRUPTIONS`, or the import path of a :class:`Corruption` from elsewhere,
            ``package.module:NAME``.

    Raises:
        SupError: there is none.
    """
    return find_entry(name, CORRUPTIONS, Corruption)
