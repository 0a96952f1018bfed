"""A layout that is not part of the library: one folder per camera, any names, disparity in PFM if there is some."""

from pathlib import Path

from supcore.data.layouts import Layout
from supcore.data.pairing import Paths, find_files, in_sibling_folder


def two_cameras(
    root: Path, *, left: str = "left", right: str = "right", disparity: str | None = "disparity"
) -> list[Paths]:
    """``{left,right}/*.png`` and ``disparity/*.pfm``; the views of a pair have the same name."""
    pairs: list[Paths] = []
    for file in find_files(root / left, "*.png"):
        pair = {"left": file, "right": in_sibling_folder(file, left, right)}
        if disparity is not None:
            pair["disparity"] = (root / disparity / file.name).with_suffix(".pfm")
        pairs.append(pair)
    return pairs


TWO_CAMERAS = Layout(two_cameras, left="{left}/")
