"""Twelve real pairs that the package stereodemo ships: rooms, corridors and people, seen by an OAK-D camera."""

from collections.abc import Sequence
from pathlib import Path

from supcore.data.image_io import read_image, write_image
from supcore.data.splits import choose
from supcore.errors import SupError
from supcore.files import read_json

CALIBRATION = "stereodemo_calibration.json"
# Where the package keeps them, as a pattern of the archive's members.
FILES = "*/datasets/oak-d/*"


def write_oak_d(source: Path, folder: str | Path, frames: str | Sequence[str] = ":") -> list[dict[str, str]]:
    """Write the pairs (611×460, gray, without ground truth) in the layout of KITTI 2015.

    Rectification leaves borders without content, which are cut off as the calibration says.

    Args:
        source: the package's folder of images and calibration.
        folder: to write to.
        frames: a slice of the sorted pairs, or their names.

    Returns:
        The manifest's rows.

    Raises:
        SupError: the calibration is missing, or a frame does not exist.
    """
    try:
        left, top, right, bottom = map(float, read_json(source / CALIBRATION)["left_image_rect_normalized"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SupError(f"{source / CALIBRATION}: has no left_image_rect_normalized; use stereodemo 0.7") from error
    names = sorted(path.name.removesuffix("_left.png") for path in source.glob("*_left.png"))
    rows = []
    for name in (
        row["left"].name for row in choose([{"left": source / n} for n in names], frames, source, numbered=False)
    ):
        row = {"left": f"{folder}/image_2/{name}.png", "right": f"{folder}/image_3/{name}.png"}
        for view in ("left", "right"):
            image = read_image(source / f"{name}_{view}.png")
            height, width = image.shape[:2]
            kept = image[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
            write_image(row[view], kept)
        rows.append(row)
    return rows
