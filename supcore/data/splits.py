"""Which pairs of a data set belong to a split: a slice, or frames by name."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from supcore.data.kitti import frame_number
from supcore.data.pairing import Paths, below
from supcore.errors import SupError


def choose(rows: list[Paths], frames: str | Sequence[str], root: Path, *, numbered: bool) -> list[Paths]:
    """The rows of a split, in the order of ``rows`` or of the names.

    Args:
        rows: pairs, sorted.
        frames: a slice such as ``"160:"``, or names of frames; see :func:`supcore.data.indexing.index_pairs`.
        root: folder of the data set.
        numbered: whether slices go by the number of the frame, or by the position in ``rows``.

    Raises:
        SupError: a frame that does not exist or is named twice, a name without a number.
    """
    if not isinstance(frames, str):
        return _named(rows, frames, root)
    if frames == ":":
        return rows
    first, last = frames.split(":")
    span = range(int(first or 0), int(last or sys.maxsize))
    numbers = [frame_number(row["left"]) for row in rows] if numbered else range(len(rows))
    return [row for row, number in zip(rows, numbers, strict=True) if number in span]


def _named(rows: Sequence[Paths], names: Sequence[str], root: Path) -> list[Paths]:
    chosen: dict[Path, Paths] = {}
    for name in names:
        row = _frame(rows, name, root)
        if row["left"] in chosen:
            raise SupError(f"{root}: frame {name!r} is listed twice in the split; name every frame once")
        chosen[row["left"]] = row
    return list(chosen.values())


def _frame(rows: Sequence[Paths], name: str, root: Path) -> Paths:
    pattern = re.compile(rf"(^|/){re.escape(name)}(\.|/|$)")
    matches = [row for row in rows if pattern.search(str(below(row["left"], root)))]
    if len(matches) != 1:
        raise SupError(f"{root}: frame {name!r} matches {len(matches)} pairs; name exactly one in the split")
    return matches[0]
