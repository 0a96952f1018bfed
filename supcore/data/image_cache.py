"""A cache of stereo pairs at the working size: decoded and resized once, then read from plain arrays.

The folder holds ``left.npy`` and ``right.npy`` (uint8 N×3×H×W), ``disparity.npy`` (float32 N×1×H×W) if any pair has
ground truth, ``classes.npy`` (uint8 N×1×H×W) if any has a class map, and ``cache.json``, which is written last.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from supcore.data.contents import Known, known_contents
from supcore.data.dataset import StereoDataset, StereoPair, pairs_digest
from supcore.data.loading import load_batches
from supcore.data.manifest import StereoSample, read_manifest
from supcore.errors import SupError
from supcore.files import atomic_path, read_json, sha256, write_json

logger = logging.getLogger(__name__)

BATCH = 8
ARRAYS = {"left", "right", "disparity", "classes"}


class StaleCacheError(SupError):
    """A cache that does not belong to the pairs that are asked for."""


class CachedStereoDataset(StereoDataset):
    """The same pairs as :class:`StereoDataset` gives, read from a cache through memory maps.

    Sizes and shapes are checked when it is opened, contents by :func:`verify_cache` only.

    Args:
        folder: written by :func:`write_cache`.
        samples: the pairs that the cache was made of, in the same order.
        image_size: (H, W) that it was made at.
        known: hashes of the pairs' files, see :func:`supcore.data.contents.known_contents`.

    Raises:
        StaleCacheError: the cache is of other images or another size.
        SupError: it is unfinished or damaged.
    """

    def __init__(
        self,
        folder: str | Path,
        samples: Sequence[StereoSample],
        image_size: tuple[int, int],
        known: Known | None = None,
    ) -> None:
        super().__init__(samples, image_size, known=known)
        self.folder = Path(folder)
        stored = _read_description(self.folder)
        for key, value in _description(samples, image_size, known).items():
            if stored.get(key) != value:
                raise StaleCacheError(
                    f"{self.folder}: the image cache was made with another {key.replace('_', ' ')}; delete the folder "
                    "and run again"
                )
        self._arrays = {
            name: _open_array(self.folder, name, dtype, shape)
            for name, (dtype, shape) in _layout(samples, image_size).items()
        }

    def __getitem__(self, index: int) -> StereoPair:
        stored = {name: torch.from_numpy(np.array(array[index])) for name, array in self._arrays.items()}
        size = (1, *stored["left"].shape[-2:])
        unknown = {"disparity": torch.zeros(size), "classes": torch.full(size, 255, dtype=torch.uint8)}
        return StereoPair(**(unknown | stored))

    def __reduce__(self) -> tuple[Any, ...]:
        """Open the maps again where it is unpickled: a pickled map would be the whole array."""
        return type(self), (self.folder, self.samples, self.image_size, self._known)

    def identity(self) -> dict[str, Any]:
        """As of :class:`StereoDataset`; the arrays are told by the hashes that were written with them."""
        hashes = _read_description(self.folder)["sha256"]
        return {"image_size": list(self.image_size or ()), "pairs": len(self), "contents": hashes}


def open_pairs(
    manifest: str | Path,
    image_size: tuple[int, int],
    cache: str | Path | None = None,
    *,
    keep_in_memory: bool = False,
) -> StereoDataset:
    """The pairs of a manifest at the working size, from their cache if there is one.

    Args:
        manifest: CSV, see :mod:`supcore.data.manifest`.
        image_size: (H, W).
        cache: folder written by :func:`write_cache`; one without a cache counts as none, and so does, with a warning,
            one of other images or another size.
        keep_in_memory: decode each image once; a cache is left to the operating system's own.
    """
    samples, known = read_manifest(manifest), known_contents(manifest)
    if cache and any(Path(cache).glob("[a-z]*")):  # not what Snakemake leaves in an empty folder
        try:
            return CachedStereoDataset(cache, samples, image_size, known)
        except StaleCacheError as error:
            logger.warning("%s; until then the images themselves are read", error)
    return StereoDataset(samples, image_size, keep_in_memory=keep_in_memory, known=known)


def write_cache(
    samples: Sequence[StereoSample],
    image_size: tuple[int, int],
    folder: str | Path,
    *,
    workers: int = 0,
    known: Known | None = None,
) -> None:
    """Write the cache of ``samples`` and verify it.

    Args:
        samples: the stereo pairs.
        image_size: (H, W) to resize to.
        folder: made if need be; files of an earlier cache are replaced.
        workers: processes that decode and resize; 0 does so in this one.
        known: hashes of the pairs' files, see :func:`supcore.data.contents.known_contents`.

    Raises:
        SupError: an image cannot be used, or the disk is full.
    """
    folder = Path(folder)
    (folder / "cache.json").unlink(missing_ok=True)
    batches = [list(range(first, min(first + BATCH, len(samples)))) for first in range(0, len(samples), BATCH)]
    layout = _layout(samples, image_size)
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(_writing(folder / f"{name}.npy", dtype, shape))
            for name, (dtype, shape) in layout.items()
        }
        for batch in load_batches(StereoDataset(samples, image_size), batches, workers=workers):
            for name, writer in writers.items():
                writer.append(getattr(batch, name).numpy())
    hashes = {name: writer.sha256 for name, writer in writers.items()}
    write_json(folder / "cache.json", {**_description(samples, image_size, known), "sha256": hashes})
    verify_cache(folder)


def verify_cache(folder: str | Path) -> None:
    """Compare the content of every array with its hash; reads the whole cache.

    Raises:
        SupError: an array is missing or differs.
    """
    folder = Path(folder)
    for name, expected in _read_description(folder)["sha256"].items():
        path = folder / f"{name}.npy"
        if not path.is_file() or sha256(path) != expected:
            raise _refusal(folder, f"{path.name} is missing or damaged")


class _ArrayWriter:
    """Appends to a ``.npy`` of known shape; plain writes, because on a full disk a memory map would crash."""

    def __init__(self, stream: IO[bytes], dtype: str, shape: tuple[int, ...]) -> None:
        self._stream, self._hash = stream, hashlib.sha256()
        header = {"descr": dtype, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self, header)

    def append(self, values: np.ndarray) -> None:
        self.write(values.tobytes())

    def write(self, content: bytes) -> None:
        self._stream.write(content)
        self._hash.update(content)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def _writing(path: Path, dtype: str, shape: tuple[int, ...]) -> Iterator[_ArrayWriter]:
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        yield _ArrayWriter(stream, dtype, shape)


def _layout(
    samples: Sequence[StereoSample], image_size: tuple[int, int]
) -> dict[str, tuple[str, tuple[int, int, int, int]]]:
    """Type and shape of every array of the cache of these pairs."""
    count, (height, width) = len(samples), image_size
    image, single = (count, 3, height, width), (count, 1, height, width)
    layout = {"left": ("|u1", image), "right": ("|u1", image)}
    if any(sample.disparity for sample in samples):
        layout["disparity"] = ("<f4", single)
    if any(sample.segmentation for sample in samples):
        layout["classes"] = ("|u1", single)
    return layout


def _description(samples: Sequence[StereoSample], image_size: tuple[int, int], known: Known | None) -> dict[str, Any]:
    return {
        "image_size": list(image_size),
        "number_of_pairs": len(samples),
        "list_of_pairs": pairs_digest(samples, known),
    }


def _read_description(folder: Path) -> dict[str, Any]:
    try:
        stored = read_json(folder / "cache.json")
    except (OSError, ValueError) as error:
        raise _refusal(folder, "cache.json is missing or damaged") from error
    hashes = stored.get("sha256") if isinstance(stored, dict) else None
    if not isinstance(hashes, dict) or not hashes.keys() <= ARRAYS:
        raise _refusal(folder, "cache.json is damaged")
    return stored


def _open_array(folder: Path, name: str, dtype: str, shape: tuple[int, ...]) -> np.memmap:
    path = folder / f"{name}.npy"
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # a damaged header surfaces as almost any exception
        raise _refusal(folder, f"{path.name} is missing or truncated") from error
    if (array.dtype.str, array.shape) != (dtype, shape):
        raise _refusal(folder, f"{path.name} is {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}")
    return array


def _refusal(folder: Path, reason: str) -> SupError:
    return SupError(f"{folder}: {reason}; delete the folder and run again")
