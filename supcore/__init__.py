"""Stereoscopic universal perturbations: networks, attack, evaluation and reporting."""

__version__ = "0.1.0"
