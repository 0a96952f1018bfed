"""How the numbers in a file of ground truth stand for pixels of disparity, as words that a manifest can hold.

No word is the common case, see :func:`supcore.data.image_io.read_disparity`.
:func:`supcore.data.ground_truth.read_ground_truth` follows them.
"""

import math
import re

SATURATED = "saturated"
KITTI_SCALE = 256
_NUMBERED = re.compile(r"(scale|depth) (\d{1,20}(?:\.\d{1,20})?)")


def scale(divisor: float) -> str:
    """A 16-bit PNG holds disparity × ``divisor``; maps of other formats are read as they are."""
    return "" if divisor == KITTI_SCALE else f"scale {_number(divisor)}"


def depth(product: float) -> str:
    """A 16-bit PNG holds depth, and disparity = ``product`` / depth.

    Args:
        product: focal length in pixels × baseline in the unit of the depth.
    """
    return f"depth {_number(product)}"


def numbered(encoding: str) -> tuple[str, float] | None:
    """``scale`` or ``depth`` and its number, positive and finite; None for anything else."""
    match = _NUMBERED.fullmatch(encoding)
    number = float(match[2]) if match else 0.0
    return (match[1], number) if match and number > 0 and math.isfinite(number) else None


def is_encoding(text: str) -> bool:
    """Whether a text is one of these words."""
    return text in ("", SATURATED) or numbered(text) is not None


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")
