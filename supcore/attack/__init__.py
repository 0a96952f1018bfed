"""Attacks on stereo networks."""

from supcore.attack.universal import UniversalAttack

__all__ = ["UniversalAttack"]
