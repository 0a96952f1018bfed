"""The layouts of data sets on disk by name: how their files lie there, and what is known of the complete sets."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from supcore.data.driving_stereo import (
    check_driving_stereo,
    driving_stereo,
    driving_stereo_encoding,
    driving_stereo_folders,
    driving_stereo_total,
)
from supcore.data.encodings import SATURATED
from supcore.data.kitti import kitti2012, kitti2015, kitti_raw
from supcore.data.listed_pairs import check_listed_pairs, listed_pairs, listed_pairs_encoding, listed_pairs_places
from supcore.data.middlebury import eth3d, middeval3, middlebury2014
from supcore.data.pairing import Paths
from supcore.data.scene_flow import driving, flyingthings3d, flyingthings3d_total, monkaa
from supcore.data.spring import spring, spring_total
from supcore.data.virtual_kitti import DEPTH, virtual_kitti2, virtual_kitti2_total
from supcore.import_paths import find_entry
from supcore.option_values import check_options


@dataclass(frozen=True)
class Layout:
    """How a data set lies on the disk.

    Attributes:
        pairs: lists the stereo pairs below a root, sorted by the left image: a function of the root and of keyword
            options, whose annotations tell which values a configuration may give.
        left: pattern of the folders with the left images below the root, with options in braces, or a function of the
            options that returns it. What belongs to them has to be there too, so their names tell whether pairs came or
            went. A file that it matches is a table of pairs, of which the content tells.
        total: pairs of the complete data set: a number, or a function of the options that returns one; None where it is
            not known.
        numbered: whether every frame has one number in its name; slices go by it then, and otherwise by the position in
            the sorted list.
        encoding: how the numbers of disparity files are meant, see :mod:`supcore.data.encodings`: a word, or a function
            of the options that returns one.
        check: raises :class:`SupError` for options that contradict each other.
        as_published: options that mode ``as_published`` switches on.
    """

    pairs: Callable[..., list[Paths]]
    left: str | Callable[..., str]
    total: int | Callable[..., int | None] | None = None
    numbered: bool = False
    encoding: str | Callable[..., str] = ""
    check: Callable[..., None] | None = None
    as_published: Mapping[str, Any] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, inspect.Parameter]:
        """Its options by name."""
        _, *options = inspect.signature(self.pairs).parameters.values()
        return {option.name: option for option in options}

    def left_folders(self, options: Mapping[str, Any]) -> str:
        """Pattern of the folders with the left images, or of the table that lists them, below the root."""
        if callable(self.left):
            return self.left(**options)
        return self.left.format(**{name: option.default for name, option in self.options.items()} | dict(options))

    def expected(self, options: Mapping[str, Any]) -> int | None:
        """Pairs of the complete data set with these options; None where the number is not known."""
        return self.total(**options) if callable(self.total) else self.total

    def encoding_of(self, options: Mapping[str, Any]) -> str:
        """How the numbers of disparity files are meant, with these options."""
        return self.encoding(**options) if callable(self.encoding) else self.encoding


# Pairs that the workflow makes itself.
MADE_LAYOUTS = ("synthetic", "motorcycle", "oak_d")

LAYOUTS: dict[str, Layout] = {
    "kitti_raw": Layout(kitti_raw, "*/*_sync/image_02/data/", 47890),
    "kitti2012": Layout(kitti2012, "training/*/", 194, numbered=True),
    "kitti2015": Layout(kitti2015, "training/*/", 200, numbered=True),
    "flyingthings3d": Layout(
        flyingthings3d,
        "frames_{rendering}*/{subset}/*/*/left/",
        flyingthings3d_total,
        encoding=lambda saturated=False, **_: SATURATED if saturated else "",
        as_published={"saturated": True},
    ),
    "monkaa": Layout(monkaa, "frames_{rendering}*/*/left/", 8664),
    "driving": Layout(driving, "frames_{rendering}*/*/*/*/left/", 4400),
    "eth3d": Layout(eth3d, "**/", 27),
    "middlebury2014": Layout(middlebury2014, "**/*-{rectification}/", 23),
    "middeval3": Layout(middeval3, "training{resolution}/*/", 15),
    "driving_stereo": Layout(
        driving_stereo,
        driving_stereo_folders,
        driving_stereo_total,
        encoding=driving_stereo_encoding,
        check=check_driving_stereo,
    ),
    "virtual_kitti2": Layout(virtual_kitti2, "Scene*/*/frames/rgb/Camera_0/", virtual_kitti2_total, encoding=DEPTH),
    "spring": Layout(spring, "{subset}/*/frame_left/", spring_total),
    "pairs": Layout(listed_pairs, listed_pairs_places, encoding=listed_pairs_encoding, check=check_listed_pairs),
}


def find_layout(name: str) -> Layout:
    """The layout of a name.

    Args:
        name: a key of :data:`LAYOUTS`, or the import path of a :class:`Layout` from elsewhere, ``package.module:NAME``.

    Raises:
        SupError: there is none.
    """
    return find_entry(name, LAYOUTS, Layout)


def check_layout_options(layout: str, options: Mapping[str, Any]) -> None:
    """Check the options of a layout by name and type, and whether they contradict each other.

    Raises:
        SupError: an option that the layout lacks, or a value that it cannot have.
    """
    known = find_layout(layout)
    check_options(f"layout {layout}", {name: option.annotation for name, option in known.options.items()}, options)
    if known.check is not None:
        known.check(**options)
