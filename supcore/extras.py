"""Packages that only some parts of the library need."""

from importlib.util import find_spec

from supcore.errors import SupError


class MissingPackageError(SupError, ImportError):
    """A package of the ``workflow`` extra that is not installed."""


def require_workflow(part: str, *packages: str) -> None:
    """Check that packages of the ``workflow`` extra are installed.

    Args:
        part: which part of the library needs them.
        packages: their import names.

    Raises:
        MissingPackageError: one is not; the message says how to install it.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise MissingPackageError(f"{part} needs {', '.join(missing)}: pip install 'supcore[workflow]'")
