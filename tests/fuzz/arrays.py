"""Images, disparity and class maps, and predictions."""

import zlib
from pathlib import Path

import numpy as np
import torch

from supcore.data.dataset import StereoPair
from supcore.data.image_io import read_class_map, read_disparity, read_image, write_disparity, write_image
from supcore.evaluation.predictions import open_predictions
from tests.fuzz.target import RANDOM, Target, written


def pfm() -> bytes:
    return b"Pf\n7 5\n-1.0\n" + RANDOM.uniform(0, 99, (5, 7)).astype("<f4").tobytes()


def disparity_png() -> bytes:
    return written(".png", lambda path: write_disparity(path, RANDOM.uniform(0, 99, (9, 11))))


def image_png() -> bytes:
    return written(".png", lambda path: write_image(path, RANDOM.integers(0, 256, (9, 11, 3), np.uint8)))


def class_map() -> bytes:
    return written(".npy", lambda path: np.save(path, RANDOM.integers(0, 19, (6, 8))))


def predictions() -> bytes:
    return written(".npy", lambda path: np.save(path, RANDOM.uniform(0, 99, (2, 1, 6, 8)).astype("<f4")))


def predictions_of_two_pairs(path: Path) -> np.ndarray:
    blank = torch.zeros(3, 6, 8, dtype=torch.uint8)
    return open_predictions(path, [StereoPair(blank, blank, torch.zeros(1, 6, 8), blank[:1])] * 2)


def with_checksums(content: bytes) -> bytes:
    """A PNG whose chunks have the checksums of their content, as far as chunks can be told."""
    parts, at = [content[:8]], 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        body = content[at + 4 : at + 8 + length]
        parts += [content[at : at + 4], body, zlib.crc32(body).to_bytes(4, "big")]
        at += 12 + length
    return b"".join(parts)


def is_disparity(values: np.ndarray) -> bool:
    return values.dtype == np.float32 and values.ndim == 2 and bool(np.isfinite(values).all() and (values >= 0).all())


def is_image(values: np.ndarray) -> bool:
    return values.dtype == np.uint8 and values.ndim == 3 and values.shape[2] == 3


def is_class_map(values: np.ndarray) -> bool:
    return values.dtype == np.uint8 and values.ndim == 2 and bool(((values < 19) | (values == 255)).all())


def are_predictions(values: np.ndarray) -> bool:
    """All values are there to be read, whatever they are."""
    return np.array(values).dtype == np.float32 and values.shape == (2, 1, 6, 8)


TARGETS = {
    "PFM": Target("a.pfm", pfm, read_disparity, is_disparity),
    "disparity PNG": Target("a.png", disparity_png, read_disparity, is_disparity),
    "disparity PNG, right checksums": Target("a.png", disparity_png, read_disparity, is_disparity, with_checksums),
    "image PNG, right checksums": Target("a.png", image_png, read_image, is_image, with_checksums),
    "class map": Target("a.npy", class_map, read_class_map, is_class_map),
    "predictions": Target("clean.npy", predictions, predictions_of_two_pairs, are_predictions),
}
