"""Packages that only some parts of the library need."""

from importlib.util import find_spec

EXTRA = "supcore[workflow]"


def require_workflow(part: str, *packages: str) -> None:
    """Check that packages of the ``workflow`` extra are installed.

    Args:
        part: which part of the library needs them.
        packages: their import names.

    Raises:
        ImportError: one is not; the message says how to install it, and its ``name`` is :data:`EXTRA`.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ImportError(f"{part} needs {', '.join(missing)}: pip install '{EXTRA}'", name=EXTRA)
