"""What large lists of images and large caches cost: time and memory of the steps that every job or start repeats.

Run ``python tests/benchmarks/load.py``. Images are files of a few bytes, caches are sparse: nothing is decoded. Every
step runs in a process of its own; its memory is what it needs beyond an imported library.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from supcore.data.contents import changed_contents, known_contents, record_contents
from supcore.data.dataset import pairs_digest
from supcore.data.image_cache import CachedStereoDataset
from supcore.data.indexing import index_pairs, names_digest
from supcore.data.manifest import read_manifest, write_manifest

SIZE = (256, 640)
PATTERNS = {"left": "left/{frame}.png", "right": "right/{frame}.png"}
READ = 20  # pairs of a cache


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--gigabytes", type=int, nargs="+", default=[1, 10])
    options = parser.parse_args()
    print("| step | of | processor time, s | memory, MB |\n|---|---|---|---|")
    for images in options.images:
        with tempfile.TemporaryDirectory() as folder:
            write_images(Path(folder), images // 2)
            for name, step in STEPS.items():
                print_row(name, f"{images} images", step, Path(folder))
    for gigabytes in options.gigabytes:
        with tempfile.TemporaryDirectory() as folder:
            write_sparse_cache(Path(folder), gigabytes)
            print_row("open a cache, read 20 pairs", f"{gigabytes} GB", read_cache, Path(folder))


def print_row(name: str, of: str, step: Callable[[Path], object], folder: Path) -> None:
    """One row for a step in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        seconds, megabytes = process.submit(measured, step, folder).result()
    print(f"| {name} | {of} | {seconds:.2f} | {megabytes:.0f} |", flush=True)


def measured(step: Callable[[Path], object], folder: Path) -> tuple[float, float]:
    """Seconds, and megabytes beyond those before."""
    before, started = resident(), time.process_time()
    step(folder)
    return time.process_time() - started, resident() - before


def resident() -> float:
    """Most megabytes that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux


def write_images(folder: Path, pairs: int) -> None:
    """Files of different content."""
    for view in ("left", "right"):
        (folder / view).mkdir()
        for frame in range(pairs):
            (folder / view / f"{frame:06}.png").write_text(f"{view} {frame}")


def list_pairs(folder: Path) -> list[dict[str, str]]:
    """The pairs of a folder."""
    return index_pairs("pairs", folder, **PATTERNS).rows


def list_names(folder: Path) -> str:
    """Whether pairs came."""
    return names_digest("pairs", folder, **PATTERNS)


def write_list(folder: Path) -> None:
    """List them and write the manifest."""
    write_manifest(folder / "manifest.csv", list_pairs(folder))


def read_list(folder: Path) -> object:
    """As every job does."""
    return read_manifest(folder / "manifest.csv")


def hash_images(folder: Path) -> None:
    """Once, when they are listed."""
    record_contents(folder / "manifest.csv")


def look_for_changes(folder: Path) -> None:
    """By time, size and inode."""
    assert changed_contents(folder / "manifest.csv") == ""


STEPS = {
    "list the pairs": list_pairs,
    "look for new pairs, at every start": list_names,
    "list them and write the manifest": write_list,
    "read the manifest": read_list,
    "hash all files": hash_images,
    "look for changed files, at every start": look_for_changes,
}


def write_sparse_cache(folder: Path, gigabytes: int) -> None:
    """A cache of black images."""
    count = gigabytes * 10**9 // (6 * SIZE[0] * SIZE[1])
    write_images(folder, count)
    write_list(folder)
    hash_images(folder)
    for view in ("left", "right"):
        with (folder / f"{view}.npy").open("wb") as stream:
            shape = (count, 3, *SIZE)
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(stream, header)
            stream.truncate(stream.tell() + np.prod(shape))
    samples, known = read_manifest(folder / "manifest.csv"), known_contents(folder / "manifest.csv")
    description = {"image_size": SIZE, "number_of_pairs": count, "list_of_pairs": pairs_digest(samples, known)}
    (folder / "cache.json").write_text(json.dumps({**description, "sha256": {}}))


def read_cache(folder: Path) -> None:
    """Some pairs, from its first to its last."""
    samples, known = read_manifest(folder / "manifest.csv"), known_contents(folder / "manifest.csv")
    pairs = CachedStereoDataset(folder, samples, SIZE, known)
    for index in np.linspace(0, len(pairs) - 1, READ).astype(int):
        assert not pairs[int(index)].left.any()


if __name__ == "__main__":
    main()
