"""How a SUP is named in configurations, paths and tables: its size, epsilon and seed."""

import re
from typing import NamedTuple

from supcore.errors import SupError


class SupName(NamedTuple):
    """One SUP of a source.

    Attributes:
        size: ``tile64``, ``tile32x64`` (height, width) or ``full``.
        epsilon: its bound, as text.
        seed: of its optimization.
    """

    size: str
    epsilon: str
    seed: int

    @property
    def folder(self) -> str:
        """Where it lies below its source and weights."""
        return f"{self.size}_eps{self.epsilon}/seed{self.seed}"


def epsilon_text(epsilon: float) -> str:
    """Epsilon as it stands in paths, tables and figures: the shortest decimal, no exponent, at most ten decimals."""
    return f"{epsilon:.10f}".rstrip("0").rstrip(".")


def size_text(size: tuple[int, int], image_size: tuple[int, int]) -> str:
    """A tile's (h, w) as it stands in configurations, paths and tables.

    Examples:
        >>> [size_text(size, (64, 128)) for size in ((64, 128), (32, 32), (32, 64))]
        ['full', 'tile32', 'tile32x64']
    """
    height, width = size
    if size == image_size:
        return "full"
    return f"tile{height}" if height == width else f"tile{height}x{width}"


def tile_size(size: str, image_size: tuple[int, int]) -> tuple[int, int]:
    """(h, w) in pixels of ``tile64``, ``tile32x64`` or ``full``.

    Raises:
        SupError: the size is written otherwise.
    """
    if size == "full":
        return image_size
    match = re.fullmatch(r"tile([1-9]\d*)(?:x([1-9]\d*))?", size)
    if match is None:
        raise SupError(f"{size!r} is neither 'full' nor like 'tile64'")
    return int(match[1]), int(match[2] or match[1])


def check_tile(key: str, size: str, image_size: tuple[int, int]) -> None:
    """Check that tiles of a size fill an image.

    Raises:
        SupError: they do not; the message begins with ``key``.
    """
    try:
        height, width = tile_size(size, image_size)
    except SupError as error:
        raise SupError(f"{key}: {error}") from None
    if image_size[0] % height or image_size[1] % width:
        raise SupError(f"{key}: {size} does not divide the image_size {image_size[0]}x{image_size[1]}")
