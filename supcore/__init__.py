"""Stereoscopic universal perturbations: networks, attack, evaluation and reporting."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("supcore")  # stated in pyproject.toml alone
except PackageNotFoundError:  # a checkout that is on Python's path without being installed
    __version__ = "unknown"
