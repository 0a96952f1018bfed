"""A table that lists stereo pairs: one's own way to say which files belong together."""

import csv
from pathlib import Path

from supcore.data.pairing import Paths, check_path
from supcore.errors import SupError, shown
from supcore.files import require_regular

REQUIRED = ("left", "right")
OPTIONAL = ("disparity", "segmentation", "visible")


def read_pair_table(path: Path) -> list[Paths]:
    """Read a CSV with the columns left, right and, if there are such files, disparity, segmentation and visible.

    Args:
        path: UTF-8 text; the paths in it begin at its folder, and may be absolute. Places without ground truth or class
            map stay empty.

    Returns:
        The pairs, in the order of the rows.

    Raises:
        SupError: a file that is missing or no such table, a row without a view, or a left image that is there twice.
    """
    try:
        require_regular(path)
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True)
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise SupError(f"{path}: the table of pairs cannot be read ({reason}); give a CSV in UTF-8") from error
    known = [*REQUIRED, *OPTIONAL]
    if not set(REQUIRED) <= set(columns) <= set(known) or len(set(columns)) != len(columns):
        listed = shown(",".join(columns), 200)
        raise SupError(
            f"{path}: columns must be left,right[,disparity][,segmentation][,visible], found {listed or 'none'}"
        )
    pairs = [_pair(path, number, row) for number, row in enumerate(rows, 2)]
    if not pairs:
        raise SupError(f"{path}: lists no stereo pair; add some")
    _refuse_repeated(path, pairs)
    return pairs


def _pair(path: Path, number: int, row: dict[str, str | None]) -> Paths:
    if None in row:
        raise SupError(f"{path}: row {number} has more fields than there are columns; quote names with commas")
    if not (row["left"] and row["right"]):
        raise SupError(f"{path}: row {number} lacks a left or right image; complete it")
    files = {role: file for role, file in row.items() if file}
    for file in files.values():
        check_path(file, f"{path}: row {number}")
    return {role: path.parent / file for role, file in files.items()}


def _refuse_repeated(path: Path, pairs: list[Paths]) -> None:
    """A pair that is there twice would count twice."""
    lines: dict[Path, int] = {}
    for number, pair in enumerate(pairs, 2):
        if pair["left"] in lines:
            raise SupError(
                f"{path}: row {number} has the left image of row {lines[pair['left']]}; list every pair once"
            )
        lines[pair["left"]] = number
