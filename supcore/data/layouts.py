"""Listing the stereo pairs of an official data set: its layout, what to leave out, which split."""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from supcore.data.kitti import kitti2012, kitti2015, kitti_raw
from supcore.data.pairing import Paths
from supcore.data.scene_flow import LETTERS, driving, flyingthings3d, monkaa
from supcore.errors import SupError

LAYOUTS: dict[str, Callable[..., list[Paths]]] = {
    "kitti_raw": kitti_raw,
    "kitti2012": kitti2012,
    "kitti2015": kitti2015,
    "flyingthings3d": flyingthings3d,
    "monkaa": monkaa,
    "driving": driving,
}

# Pairs of the complete data sets. The TRAIN part of FlyingThings3D, Monkaa and Driving are the 35,454 pairs that stereo
# networks are commonly pre-trained on.
TOTALS = {"kitti_raw": 47890, "kitti2012": 194, "kitti2015": 200, "monkaa": 8664, "driving": 4400}
FLYINGTHINGS3D_TOTALS = {"TRAIN": 22390, "TEST": 4370}


@dataclass(frozen=True)
class IndexedPairs:
    """The pairs of one split, and how the whole data set compares with what is known of it.

    Attributes:
        rows: left, right, disparity and, where the layout has them, segmentation of every pair of the split.
        found: pairs of the whole data set, before exclusion and split.
        expected: the same of the complete data set; None where it is not known.
        excluded: pairs left out; None without an exclusion list.
    """

    rows: list[dict[str, str]]
    found: int
    expected: int | None
    excluded: int | None

    @property
    def warnings(self) -> list[str]:
        """What is odd about the data set, though it can be used."""
        warnings = []
        if self.expected is not None and self.found != self.expected:
            warnings.append(f"{self.found} pairs found, the complete data set has {self.expected}")
        if self.excluded == 0:
            warnings.append("the exclusion list matches no pair; its lines are paths below the data root")
        return warnings


def index_pairs(
    layout: str,
    root: str | Path,
    frames: str | Sequence[str] = ":",
    *,
    exclude: str | Path | None = None,
    **options: Any,
) -> IndexedPairs:
    """List the stereo pairs of a data set, sorted by the path of the left image.

    Args:
        layout: a key of :data:`LAYOUTS`.
        root: folder of the data set.
        frames: which pairs: a slice such as ``":160"`` or ``"160:"`` of the sorted list, or the names of frames as
            they begin or end the path of the left image below the root, e.g. ``"000150_10"``.
        exclude: text file of pairs to leave out before the split is taken; see :func:`read_exclusions`.
        **options: of the layout.

    Raises:
        SupError: no such root, an option that the layout lacks, no pair found, a view or ground truth without its
            partner, a frame that does not exist.
    """
    root = Path(root)
    if not root.is_dir():
        raise SupError(f"{root}: data root not found; set datasets.<name>.root to the folder of the data set")
    _check_options(layout, options)
    everything = LAYOUTS[layout](root, **options)
    rows = everything
    if exclude is not None:
        unwanted = read_exclusions(exclude)
        rows = [row for row in everything if not _begins_with(row["left"].relative_to(root), unwanted)]
    if isinstance(frames, str):
        first, last = (int(number) if number else None for number in frames.split(":"))
        chosen = rows[first:last]
    else:
        chosen = [_frame(rows, name, root) for name in frames]
    if not chosen:
        raise SupError(f"{root}: {len(rows)} pairs found, but none in the split {frames!r}")
    excluded = None if exclude is None else len(everything) - len(rows)
    complete = [_complete(row) for row in chosen]
    return IndexedPairs(complete, len(everything), known_total(layout, **options), excluded)


def known_total(layout: str, **options: Any) -> int | None:
    """Pairs of the complete data set with these options of its layout; None where the number is not known."""
    if layout == "flyingthings3d":
        complete = set(options.get("letters", LETTERS)) == set(LETTERS)
        return FLYINGTHINGS3D_TOTALS.get(options.get("subset", "TEST")) if complete else None
    return TOTALS.get(layout)


def read_exclusions(path: str | Path) -> set[PurePosixPath]:
    """Read a list of pairs to leave out.

    One line each: a folder below the data root, such as a drive of KITTI raw, or one left image, with or without
    suffix. Empty lines and lines that begin with ``#`` are skipped.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SupError(f"{path}: the exclusion list cannot be read ({error}); give a text file") from error
    entries = [line.strip() for line in lines]
    return {PurePosixPath(entry) for entry in entries if entry and not entry.startswith("#")}


def _begins_with(left: Path, unwanted: set[PurePosixPath]) -> bool:
    place = PurePosixPath(left)
    return not unwanted.isdisjoint((place, place.with_suffix(""), *place.parents))


def _check_options(layout: str, options: dict[str, Any]) -> None:
    _, *known = inspect.signature(LAYOUTS[layout]).parameters
    for name in options:
        if name not in known:
            there = ", ".join(known) or "none"
            raise SupError(f"config key layout_options.{name}: layout {layout} has no such option; it has: {there}")


def _complete(paths: Paths) -> dict[str, str]:
    """The row as text, after checking that its files are there."""
    for role, path in paths.items():
        if not path.is_file():
            raise SupError(f"{path}: the {role} file of {paths['left'].name} is missing; complete the data set")
    return {"disparity": "", **{role: str(path) for role, path in paths.items()}}


def _frame(rows: Sequence[Paths], name: str, root: Path) -> Paths:
    pattern = re.compile(rf"(^|/){re.escape(name)}(\.|/|$)")
    matches = [row for row in rows if pattern.search(str(row["left"].relative_to(root)))]
    if len(matches) != 1:
        raise SupError(f"{root}: frame {name!r} matches {len(matches)} pairs; name exactly one in the split")
    return matches[0]
