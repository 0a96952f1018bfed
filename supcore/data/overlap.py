"""Pictures that two sets of stereo pairs share, such as frames that a SUP was both optimized and reported on."""

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image

from supcore.data.image_io import IMAGE_FORMATS, decoding, read_image, read_top_rows
from supcore.data.kitti import frame_number
from supcore.data.manifest import StereoSample

COLUMNS = ("role", "reported", "shared", "share", "examples", "method")
STATED = "stated with the release"
METHOD = "same file or equal pixels of the left image"
EXAMPLES = 3
TOP_ROWS = 8

Look = Callable[[Path], Hashable]


def shared_images(
    first: Sequence[StereoSample], second: Sequence[StereoSample], looks: Sequence[Look] | None = None
) -> list[str]:
    """Left images of ``first`` that ``second`` has too, each once, in the order of ``first``.

    They are the same if their paths lead to one file or their pixels are equal, whatever the compression or the format
    of the files. A picture that was resized, cropped or compressed with loss is not recognized, and neither is another
    frame of the same scene.

    Args:
        first: the pairs in question, e.g. the reported ones.
        second: the pairs to look for them in.
        looks: :func:`looks_at_pictures`; to look at no file twice over several calls.

    Raises:
        SupError: a file is missing or damaged.
    """
    looks = looks_at_pictures() if looks is None else looks
    files = {sample.left: Path(sample.left).resolve() for sample in first}
    others = {Path(path).resolve() for path in {sample.left for sample in second}}
    shared = others.intersection(files.values())
    shared |= _equal_pictures(set(files.values()) - shared, others, looks)
    return [path for path, file in files.items() if file in shared]


def looks_at_pictures() -> tuple[Look, ...]:
    """What tells pictures apart, the cheap first: size, first rows, all pixels. Each remembers the files it has seen.

    Few pictures are alike in the first rows, which cost a twentieth of all pixels: those of KITTI raw are compared in
    about a minute, where decoding them all takes a quarter of an hour.
    """
    return cache(_size), cache(_top_rows), cache(_pixels)


def overlap_table(
    roles: Mapping[str, Sequence[StereoSample]], reported: Mapping[str, Sequence[StereoSample]]
) -> list[dict[str, Any]]:
    """How many reported frames each role has seen.

    Args:
        roles: what pairs are used for, e.g. ``{"training": …, "selection": …}``.
        reported: the evaluated pairs by the name of their data set and split.

    Returns:
        One row for each role and reported split, with the keys :data:`COLUMNS`: ``role``, ``reported`` (the name),
        ``shared`` (number of reported left images that the role has too), ``share`` (the same as a fraction of the
        reported frames), ``examples`` (the first three of them) and ``method`` (how pictures were compared).
    """
    looks = looks_at_pictures()
    rows = []
    for role, samples in roles.items():
        for name, frames in reported.items():
            shared = shared_images(frames, samples, looks)
            share = len(shared) / len(frames) if frames else 0.0
            values = (role, name, len(shared), share, shared[:EXAMPLES], METHOD)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def stated_overlap(role: str, name: str, reported: Sequence[StereoSample], frames: str) -> dict[str, Any]:
    """A row of :func:`overlap_table` for what is known without the pictures, such as what weights were trained on.

    Args:
        role: what the frames were used for.
        name: of the reported data set and split.
        reported: the evaluated pairs of KITTI 2012 or 2015, or the Motorcycle pair, whose number is 0.
        frames: those that were used, as in a split: ``":"`` or ``"160:"``.
    """
    first, last = frames.split(":")
    span = range(int(first or 0), int(last or sys.maxsize))
    shared = [sample.left for sample in reported if frame_number(Path(sample.left)) in span]
    values = (role, name, len(shared), len(shared) / len(reported), shared[:EXAMPLES], STATED)
    return dict(zip(COLUMNS, values, strict=True))


def _equal_pictures(first: set[Path], second: set[Path], looks: Sequence[Look]) -> set[Path]:
    """Files of ``first`` that look like one of ``second`` in every respect; each look is at what the last one left."""
    for look in looks:
        if not first:
            break
        wanted = {look(file) for file in first}
        second = {file for file in second if look(file) in wanted}
        known = {look(file) for file in second}
        first = {file for file in first if look(file) in known}
    return first


def _size(file: Path) -> Hashable:
    with decoding(file, "image"), Image.open(file, formats=IMAGE_FORMATS) as image:
        return image.size


def _top_rows(file: Path) -> Hashable:
    return sha256(read_top_rows(file, TOP_ROWS).tobytes()).digest()


def _pixels(file: Path) -> Hashable:
    image = read_image(file)
    return image.shape, sha256(image.tobytes()).digest()
