"""Finding the files of stereo pairs in folders, shared by the layouts of the data sets."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from supcore.errors import SupError

Paths = dict[str, Path]
# Columns of a manifest that hold paths.
FILES = ("left", "right", "disparity", "segmentation", "mask", "visible")
LONGEST_PATH = 4095  # bytes, on Linux
# Control characters, line ends and what stands for bytes that are no UTF-8.
_UNUSABLE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


def is_readable_folder(path: str | Path) -> bool:
    """Whether there is a folder whose content this user may list; neither a loop of links nor a closed one raises."""
    return os.access(path, os.R_OK | os.X_OK) and Path(path).is_dir()


def visible_files(folder: Path, *patterns: str) -> Iterator[Path]:
    """The files below ``folder`` that match any of the patterns, in no order.

    Names that begin with a dot are skipped, such as the AppleDouble files (``._000000_10.png``) that macOS leaves on
    foreign disks.
    """
    return (file for pattern in patterns for file in folder.glob(pattern) if not file.name.startswith("."))


def find_files(folder: Path, *patterns: str) -> list[Path]:
    """The same, sorted.

    Raises:
        SupError: there is none.
    """
    found = sorted(visible_files(folder, *patterns))
    if not found:
        raise SupError(f"{folder}: no files match {' or '.join(patterns)}; check the data root and the layout")
    return found


def refuse_unpaired(rights: Iterable[Path], expected: Sequence[Path]) -> None:
    """Raise if there is a right image that belongs to no left one: the two lists would have different lengths."""
    known = set(expected)
    for file in sorted(rights):
        if file not in known:
            raise SupError(f"{file}: right image without a left one; complete the data set")


def in_sibling_folder(path: Path, folder: str, other: str) -> Path:
    """The same path with ``other`` in place of the last folder called ``folder``."""
    head, _, tail = str(path).rpartition(f"/{folder}/")
    return Path(f"{head}/{other}/{tail}")


def below(path: Path, root: Path) -> Path:
    """The path from the root on; one that is elsewhere, as a table may list, stays as it is."""
    return path.relative_to(root) if path.is_relative_to(root) else path


def check_path(file: str, place: str) -> None:
    """Refuse what no file can be called, and names that neither a UTF-8 table nor a one-line message can hold.

    Args:
        file: the path.
        place: where it stands, for the message.

    Raises:
        SupError: it is one of these.
    """
    if _UNUSABLE.search(file) or len(os.fsencode(file)) > LONGEST_PATH:
        raise SupError(
            f"{place}: {ascii(file)[:100]} is no usable path; use UTF-8 without control characters, at most "
            f"{LONGEST_PATH} bytes"
        )
