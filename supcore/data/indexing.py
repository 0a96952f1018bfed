"""Listing the stereo pairs of a data set on disk: what to leave out, which split, and whether it is complete."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from supcore.data.layouts import Layout, check_layout_options, find_layout
from supcore.data.pairing import Paths, below, is_readable_folder
from supcore.data.splits import choose
from supcore.errors import SupError
from supcore.files import require_regular
from supcore.files import sha256 as file_hash

EXAMPLES = 3  # unmatched lines of an exclusion list that a warning shows


@dataclass(frozen=True)
class IndexedPairs:
    """The pairs of one split, and how the whole data set compares with what is known of it.

    Attributes:
        rows: of a manifest, one for every pair of the split.
        found: pairs of the whole data set, before exclusion and split.
        expected: the same of the complete data set; None where it is not known.
        excluded: pairs left out; None without an exclusion list.
        unmatched: lines of the exclusion list that no pair belongs to, sorted.
    """

    rows: list[dict[str, str]]
    found: int
    expected: int | None
    excluded: int | None
    unmatched: list[str]

    @property
    def warnings(self) -> list[str]:
        """What is odd about the data set, though it can be used."""
        warnings = []
        if self.expected is not None and self.found != self.expected:
            warnings.append(f"{self.found} pairs found, the complete data set has {self.expected}")
        if self.excluded == 0:
            warnings.append("the exclusion list matches no pair; its lines are paths below the data root")
        elif self.unmatched:
            first = ", ".join(self.unmatched[:EXAMPLES]) + (", …" if len(self.unmatched) > EXAMPLES else "")
            warnings.append(
                f"{len(self.unmatched)} lines of the exclusion list match no pair ({first}); "
                "check them unless those parts of the data set were left out on purpose"
            )
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
        layout: a key of :data:`~supcore.data.layouts.LAYOUTS`, or the import path of one's own.
        root: folder of the data set.
        frames: which pairs: a slice such as ``":160"`` or ``"160:"``, or the names of frames as they begin or end the
            path of the left image below the root, e.g. ``"000150_10"``. Slices of KITTI 2012 and 2015 go by the number
            of the frame (``"160:"`` are 000160 and up, whatever is missing or excluded), those of the other data sets
            by the position in the sorted list.
        exclude: text file of pairs to leave out before the split is taken; see :func:`read_exclusions`.
        **options: of the layout.

    Raises:
        SupError: no such root, an option that the layout lacks, no pair found, a view or ground truth without its
            partner, a frame that does not exist or is named twice.
    """
    root = Path(root)
    if not is_readable_folder(root):
        raise SupError(
            f"{root}: data root not found, or not open to this user; set datasets.<name>.root to the folder of the "
            "data set"
        )
    check_layout_options(layout, options)
    known = find_layout(layout)
    everything = known.pairs(root, **options)
    encoding = known.encoding_of(options)
    encoded = {"encoding": encoding} if encoding else {}
    unwanted = set() if exclude is None else read_exclusions(exclude)
    matched = [unwanted & _places(below(row["left"], root)) for row in everything]
    rows = [row for row, lines in zip(everything, matched, strict=True) if not lines]
    chosen = choose(rows, frames, root, numbered=known.numbered)
    if not chosen:
        raise SupError(f"{root}: {len(rows)} pairs found, but none in the split {frames!r}")
    return IndexedPairs(
        rows=[_complete(row, known) | encoded for row in chosen],
        found=len(everything),
        expected=known.expected(options),
        excluded=None if exclude is None else len(everything) - len(rows),
        unmatched=sorted(map(str, unwanted.difference(*matched))),
    )


def names_digest(layout: str, root: str | Path, **options: Any) -> str:
    """Hash of the names of a data set's left images, which changes when pairs are added or removed.

    It reads folders only (0.05 s for KITTI raw), or the table that lists the pairs, so that it can be asked for at
    every start of the workflow. A root that does not exist is like an empty one.

    Raises:
        SupError: a folder of images, or the table, that may not be read.
    """
    root, pattern = Path(root), find_layout(layout).left_folders(options)
    digest = sha256()
    for place in _matching(root, pattern):
        try:
            names = [file_hash(place)] if place.is_file() else _visible_names(place)
        except OSError as error:
            raise SupError(f"{place}: cannot be read ({error.strerror}); give yourself access to it") from error
        if names:
            digest.update("\0".join([str(place.relative_to(root)), *names, ""]).encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


def read_exclusions(path: str | Path) -> set[PurePosixPath]:
    """Read a list of pairs to leave out.

    One line each: a folder below the data root, such as a drive of KITTI raw, or one left image, with or without
    suffix. Empty lines and lines that begin with ``#`` are skipped.
    """
    try:
        require_regular(path)
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SupError(f"{path}: the exclusion list cannot be read ({error}); give a text file") from error
    entries = [line.strip() for line in lines]
    return {PurePosixPath(entry) for entry in entries if entry and not entry.startswith("#")}


def _matching(root: Path, pattern: str) -> list[Path]:
    """Folders and files below the root; the pattern ``./`` is the root itself."""
    return sorted(root.glob(pattern)) if pattern.strip("./") else [root] * root.is_dir()


def _visible_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not entry.name.startswith("."))


def _places(left: Path) -> set[PurePosixPath]:
    """Every line of an exclusion list that would leave out this left image."""
    place = PurePosixPath(left)
    return {place, place.with_suffix(""), *place.parents}


def _complete(paths: Paths, layout: Layout) -> dict[str, str]:
    """The row as text, after checking that its files are there."""
    for role, path in paths.items():
        if not path.is_file():
            raise _missing(role, path, paths["left"], layout)
    return {"disparity": "", **{role: str(path) for role, path in paths.items()}}


def _missing(role: str, path: Path, left: Path, layout: Layout) -> SupError:
    """The error for a file that is missing, alone or with its folder."""
    absent = path
    while not absent.parent.exists():
        absent = absent.parent
    if absent == path:
        return SupError(f"{path}: the {role} file of {left.name} is missing; complete the data set")
    other = f" or set layout_options.{role}" if role in layout.options else ""
    return SupError(f"{absent}: the folder of the {role} files is missing; complete the data set{other}")
