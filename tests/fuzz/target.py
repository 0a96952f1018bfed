"""What is fuzzed: a reader, valid files to begin with, and what a valid result is."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

RANDOM = np.random.default_rng(0)
UNPACKED = "unpacked"  # the one folder beside the file that a reader may write to


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        name: of the file.
        valid: makes a valid file, or the part of one that is mutated.
        read: the reader.
        correct: whether a result is valid.
        complete: makes a file of the mutated part, so that checksums and lengths do not refuse every mutation.
    """

    name: str
    valid: Callable[[], bytes]
    read: Callable[[Path], Any]
    correct: Callable[[Any], bool]
    complete: Callable[[bytes], bytes] = bytes


def written(suffix: str, write: Callable[[Path], object]) -> bytes:
    """What a writer writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"valid{suffix}"
        write(path)
        return path.read_bytes()
