"""Pictures that two sets of stereo pairs share, such as frames that a SUP was both optimised and reported on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from supcore.data.manifest import StereoSample
from supcore.errors import SupError
from supcore.files import sha256

EXAMPLES = 3


def shared_images(first: Sequence[StereoSample], second: Sequence[StereoSample]) -> list[tuple[str, str]]:
    """Pairs of left images, one of each set, that are the same picture, in the order of ``first``.

    They are the same if their paths lead to one file or their files have equal bytes; a picture that was encoded anew
    is not recognised. Only files whose size occurs in both sets are read.

    Raises:
        SupError: a file cannot be read.
    """
    firsts, seconds = _by_size(first), _by_size(second)
    partners: dict[str, list[str]] = {}
    for size in firsts.keys() & seconds.keys():
        files = {path: Path(path).resolve() for path in (*firsts[size], *seconds[size])}
        contents = _contents(set(files.values()))
        for path in firsts[size]:
            partners[path] = [p for p in seconds[size] if contents[files[p]] == contents[files[path]]]
    order = dict.fromkeys(sample.left for sample in first)
    return [(path, partner) for path in order for partner in partners.get(path, [])]


def overlap_table(
    roles: Mapping[str, Sequence[StereoSample]], reported: Mapping[str, Sequence[StereoSample]]
) -> list[dict[str, Any]]:
    """How many reported frames each role has seen.

    Args:
        roles: what pairs are used for, e.g. ``{"training": …, "selection": …}``.
        reported: the evaluated pairs by the name of their data set and split.

    Returns:
        One row for each role and reported split: ``role``, ``reported`` (the name), ``shared`` (number of reported
        left images that the role has too), ``share`` (the same as a fraction of the reported frames) and ``examples``
        (the first three of them).
    """
    rows = []
    for role, samples in roles.items():
        for name, frames in reported.items():
            shared = list(dict.fromkeys(path for path, _ in shared_images(frames, samples)))
            share = len(shared) / len(frames) if frames else 0.0
            row = {"role": role, "reported": name, "shared": len(shared), "share": share}
            rows.append(row | {"examples": shared[:EXAMPLES]})
    return rows


def _by_size(samples: Iterable[StereoSample]) -> dict[int, list[str]]:
    """Left images by the size of their files, each once."""
    sizes = defaultdict(list)
    for path in dict.fromkeys(sample.left for sample in samples):
        try:
            sizes[Path(path).stat().st_size].append(path)
        except OSError as error:
            raise _unreadable(path, error) from error
    return sizes


def _contents(files: set[Path]) -> dict[Path, str]:
    """What tells the content of each file; a single one need not be read for that."""
    if len(files) == 1:
        return dict.fromkeys(files, "")
    contents = {}
    for file in files:
        try:
            contents[file] = sha256(file)
        except OSError as error:
            raise _unreadable(file, error) from error
    return contents


def _unreadable(path: str | Path, error: OSError) -> SupError:
    return SupError(f"{path}: image cannot be read ({error.strerror}); check the data root and the manifest")
