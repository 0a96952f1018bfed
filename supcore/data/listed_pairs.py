"""The layout of a user's own pairs: patterns of paths, or a table."""

from pathlib import Path
from typing import Any

from supcore.data import encodings
from supcore.data.counterparts import CLASS_MAPS, DISPARITIES, IMAGES, MASKS, counterparts
from supcore.data.pair_table import read_pair_table
from supcore.data.pairing import Paths, refuse_unpaired
from supcore.data.path_patterns import files_by_parts, filled, folders_of, matching_files, placeholders
from supcore.errors import SupError

_SUFFIXES = {
    "left": IMAGES,
    "right": IMAGES,
    "disparity": DISPARITIES,
    "segmentation": CLASS_MAPS,
    "visible": MASKS,
}


def listed_pairs(
    root: Path,
    *,
    left: str = "left",
    right: str = "right",
    disparity: str | None = None,
    segmentation: str | None = None,
    visible: str | None = None,
    disparity_scale: float = encodings.KITTI_SCALE,
    csv: str | None = None,
) -> list[Paths]:
    """Pairs of one's own, by patterns of paths or listed in a table; ground truth is optional.

    Patterns name folders, or files with ``*`` for what does not matter and placeholders for what pairs them, as
    ``{scene}/cam0/{frame}.png`` and ``{scene}/cam1/{frame}.png``; the same ones in all patterns. Without placeholders,
    files belong together as :func:`supcore.data.counterparts.counterparts` says.

    Args:
        root: folder that the patterns begin at.
        left: left images.
        right: right images.
        disparity: ground truth of the left views: 16-bit PNG, PFM or npy.
        segmentation: their class maps: 8-bit PNG or npy of Cityscapes train ids.
        visible: what both cameras see, to count it and the rest apart: PNG, 255 there, or of 16 bits above 0.
        disparity_scale: what a 16-bit PNG holds for a disparity of 1 px.
        csv: a table in place of the patterns, see :func:`supcore.data.pair_table.read_pair_table`.
    """
    del disparity_scale  # the manifest tells it
    if csv is not None:
        return read_pair_table(root / csv)
    given = (left, right, disparity, segmentation, visible)
    patterns = {role: pattern for role, pattern in zip(_SUFFIXES, given, strict=True) if pattern is not None}
    return _by_placeholders(root, patterns) if placeholders(left) else _by_names(root, patterns)


def listed_pairs_places(*, left: str = "left", csv: str | None = None, **_: object) -> str:
    """The table, or the pattern of the folders with left images."""
    return folders_of(left) if csv is None else csv


def listed_pairs_encoding(*, disparity_scale: float = encodings.KITTI_SCALE, **_: object) -> str:
    """How 16-bit PNG files hold disparity."""
    return encodings.scale(disparity_scale)


def check_listed_pairs(**options: Any) -> None:
    """Check options against each other.

    Raises:
        SupError: a table beside patterns, a pattern that begins elsewhere, the same for both views, placeholders that
            differ, no usable scale.
    """
    patterns = {role: pattern for role, pattern in options.items() if role in _SUFFIXES and pattern is not None}
    if options.get("csv") is not None and patterns:
        raise SupError(f"layout pairs: csv lists all files; leave out {', '.join(patterns)}")
    for role, pattern in {**patterns, "csv": options.get("csv") or "table"}.items():
        if not pattern or pattern.startswith("/"):
            raise SupError(f"layout pairs: {role} must be a path below the root, got {pattern!r}")
    if patterns.get("left", "left") == patterns.get("right", "right"):
        raise SupError(f"layout pairs: left and right are both {patterns['left']}; name the folder or pattern of each")
    wanted = placeholders(options.get("left", "left"))
    for role, pattern in {"right": "right", **patterns}.items():
        if placeholders(pattern) != wanted:
            listed = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "no placeholder"
            raise SupError(f"layout pairs: {role} must have the same placeholders as left ({listed}), got {pattern!r}")
    scale = encodings.scale(options.get("disparity_scale", encodings.KITTI_SCALE))
    if not encodings.is_encoding(scale):
        raise SupError(f"layout pairs: disparity_scale must be a positive number, got {options['disparity_scale']}")


def _by_names(root: Path, patterns: dict[str, str]) -> list[Paths]:
    files = {role: matching_files(root, pattern, _SUFFIXES[role]) for role, pattern in patterns.items()}
    for role in files.keys() - {"left"}:
        files[role] = counterparts(files["left"], files[role], root / patterns[role])
    return [dict(zip(files, row, strict=True)) for row in zip(*files.values(), strict=True)]


def _by_placeholders(root: Path, patterns: dict[str, str]) -> list[Paths]:
    """What a left image lacks is looked for later, in the chosen split only, under the name that it should have."""
    found = {role: files_by_parts(root, pattern, _SUFFIXES[role]) for role, pattern in patterns.items()}
    refuse_unpaired(
        found["right"].values(), [found["right"][parts] for parts in found["left"] if parts in found["right"]]
    )
    return [
        {role: files.get(parts) or filled(root, patterns[role], parts) for role, files in found.items()}
        for parts in found["left"]
    ]
