"""Verify size and SHA-256 of files on disk."""

import re
from dataclasses import dataclass
from pathlib import Path

from supcore.files import require_regular, sha256

_WEB_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Expected:
    """What is known of a file before it is read; ``None`` means not known. Of the hash, its begin will do."""

    sha256: str | None = None
    size: int | None = None


UNKNOWN = Expected()
LARGEST = 8 << 30  # bytes of a file whose size is not known; the largest of the release has less than one gigabyte


def find_problem(path: Path, expected: Expected) -> str | None:
    """Say in a few words what is wrong with the file at ``path``, or return ``None`` if nothing is."""
    try:
        return _compare(path, expected)
    except OSError as error:  # a folder, or no permission
        return f"it cannot be read ({error.strerror})"


def _compare(path: Path, expected: Expected) -> str | None:
    require_regular(path)
    if is_web_page(path):
        return "it is a web page, not the file (a quota, login or error page)"
    size = path.stat().st_size
    if size == 0:
        return "it is empty"
    if expected.size is not None and size != expected.size:
        return f"it has {size} bytes instead of {expected.size}"
    if expected.sha256 is not None and not (digest := sha256(path)).startswith(expected.sha256):
        return f"its sha256 is {digest} instead of {expected.sha256}"
    return None


def is_web_page(path: Path) -> bool:
    """Whether it starts as HTML does; Google Drive answers so, with status 200, when a quota is used up."""
    with path.open("rb") as stream:
        return _WEB_PAGE.match(stream.read(2048)) is not None
