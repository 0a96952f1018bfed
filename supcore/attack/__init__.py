"""Attacks on stereo networks."""

from supcore.attack.per_image import PER_IMAGE_ATTACKS, PerImageAttack, PerImageOptions
from supcore.attack.universal import UniversalAttack

__all__ = ["PER_IMAGE_ATTACKS", "PerImageAttack", "PerImageOptions", "UniversalAttack"]
