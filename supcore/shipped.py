"""Files of the repository that come with the library: in a checkout where they are, in a wheel as copies."""

from pathlib import Path

from supcore.errors import SupError

# The checkout that this package is used from; site-packages where it was installed from a wheel.
CHECKOUT = Path(__file__).resolve().parents[1]
COPIES = Path(__file__).resolve().parent / "shipped_files"  # setup.py makes it


def shipped_file(path: str) -> Path:
    """Where a file that comes with the library is.

    Args:
        path: in the repository, such as ``config/weights.yaml``.

    Raises:
        SupError: it is not there.
    """
    for folder in (COPIES, CHECKOUT):
        if (folder / path).exists():
            return folder / path
    raise SupError(f"{path}: not found beside the library in {CHECKOUT}; install supcore from a clone or a wheel again")
