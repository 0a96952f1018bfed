"""Where files of the workflow are found, whatever the working directory is."""

import sys
from pathlib import Path

# The checkout that this package is used from; site-packages where it was installed from a wheel.
CHECKOUT = Path(__file__).resolve().parents[2]


def shipped(path: str) -> str:
    """A path of the configuration that may name a file that comes with the workflow.

    Returns:
        The path as it is where it exists from the working directory, which is looked at first, or nowhere; else that
        of the file beside the package.
    """
    beside = CHECKOUT / path
    return str(beside) if not Path(path).exists() and beside.exists() else path


def make_own_networks_importable() -> None:
    """Let Python import networks of one's own from the working directory, then from beside the package."""
    for folder in (str(CHECKOUT), str(Path.cwd())):
        if folder in sys.path:
            sys.path.remove(folder)
        sys.path.insert(0, folder)
