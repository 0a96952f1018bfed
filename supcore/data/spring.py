"""The folders of Spring."""

from pathlib import Path
from typing import Literal

from supcore.data.pairing import Paths, find_files, refuse_unpaired, visible_files

Subset = Literal["train", "test"]
Converted = Literal["npy", "pfm"]

_TOTALS: dict[Subset, int] = {"train": 5000, "test": 1000}


def spring(root: Path, *, subset: Subset = "train", disparity: Converted | None = None) -> list[Paths]:
    """Spring: ``{train,test}/<scene>/frame_{left,right}/frame_{left,right}_NNNN.png``.

    1920×1080 px; 5,000 pairs of 37 scenes to train on, 1,000 of 10 to test on (arXiv:2303.01943). The ground truth of
    the former, ``disp1_left/disp1_left_NNNN.dsp5``, is HDF5 of twice the height and width, with values in pixels of the
    images. It is not read here: convert every other row and column, as the guide shows.

    Args:
        root: folder that holds ``train`` and ``test``.
        subset: which of them.
        disparity: suffix of the converted ground truth, beside the original; without it there is none.
    """
    folder = root / subset
    rows: list[Paths] = []
    for left in find_files(folder, "*/frame_left/frame_left_*.png"):
        scene, number = left.parents[1], left.stem.rpartition("_")[2]
        row = {"left": left, "right": scene / f"frame_right/frame_right_{number}.png"}
        if disparity is not None:
            row["disparity"] = scene / f"disp1_left/disp1_left_{number}.{disparity}"
        rows.append(row)
    refuse_unpaired(visible_files(folder, "*/frame_right/frame_right_*.png"), [row["right"] for row in rows])
    return rows


def spring_total(*, subset: Subset = "train", **_: object) -> int:
    """Pairs of the complete subset."""
    return _TOTALS[subset]
