"""Images that a job makes, and their manifest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from supcore.data.contents import record_contents
from supcore.data.manifest import write_manifest
from supcore.files import atomic_folder


def write_images(output: Any, write: Callable[[Path], list[dict[str, str]]]) -> int:
    """Make the folder ``images`` of a job's output, which is there when all of it is, and the ``manifest``.

    Args:
        output: of the rule.
        write: fills a folder, and returns the rows of a manifest.

    Returns:
        The number of pairs.
    """
    with atomic_folder(output.images) as folder:
        rows = write(folder)
    moved = [
        {name: str(Path(output.images, Path(file).relative_to(folder))) for name, file in row.items()} for row in rows
    ]
    write_manifest(output.manifest, moved)
    record_contents(output.manifest)
    return len(rows)
