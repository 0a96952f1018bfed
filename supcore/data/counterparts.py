"""Which files of two folders belong together, by their names."""

import re
from collections.abc import Sequence
from pathlib import Path

from supcore.errors import SupError

IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".ppm", ".bmp")
DISPARITIES = (".png", ".pfm", ".npy")
CLASS_MAPS = (".png", ".npy")
MASKS = (".png",)


def counterparts(lefts: Sequence[Path], others: Sequence[Path], place: str | Path) -> list[Path]:
    """The other file of each left image, in their order.

    Files belong together that have the same name, without its suffix; where the names differ, those with the same
    digits in them (``left_0012.png`` and ``right_0012.png``). Two single files are a pair whatever they are called.

    Args:
        lefts: left images.
        others: right images, or maps of the left ones.
        place: of the others, for the message.

    Raises:
        SupError: a file without its counterpart, or names that leave it open which that is.
    """
    if len(lefts) == len(others) == 1:
        return list(others)
    problem = ""
    for key in (_stem, _digits):
        named = {key(file): file for file in others}
        wanted = [key(file) for file in lefts]
        if len(named) == len(others) == len(lefts) and len(set(wanted)) == len(wanted) and set(wanted) == set(named):
            return [named[name] for name in wanted]
        problem = problem or next((f"{file.name} has no counterpart" for file in lefts if _stem(file) not in named), "")
    raise SupError(
        f"{place}: its {len(others)} files do not pair with the {len(lefts)} of {lefts[0].parent}"
        f"{f' ({problem})' if problem else ''}; give both the same names or digits, or name a pattern for each"
    )


def _stem(file: Path) -> str:
    return file.stem


def _digits(file: Path) -> str:
    return "_".join(re.findall(r"\d+", file.stem))
