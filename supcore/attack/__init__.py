"""Attacks on stereo networks."""

from typing import TYPE_CHECKING

from supcore.attack.choices import PER_IMAGE_ATTACKS, PerImageOptions
from supcore.lazy import lazy_names

if TYPE_CHECKING:
    from supcore.attack.per_image import PerImageAttack
    from supcore.attack.universal import UniversalAttack

__all__ = ["PER_IMAGE_ATTACKS", "PerImageAttack", "PerImageOptions", "UniversalAttack"]

__getattr__ = lazy_names(__name__, {"PerImageAttack": "per_image", "UniversalAttack": "universal"})
