"""The readers under test: valid files to begin with, and what a valid result is."""

import io
import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from supcore.data.image_io import read_class_map, read_disparity, read_image, write_disparity, write_image
from supcore.data.manifest import StereoSample, read_manifest
from supcore.networks.checkpoints import read_state_dict
from supcore.perturbation import StereoPerturbation

RANDOM = np.random.default_rng(0)


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        suffix: of the file.
        valid: makes a valid file, or the part of one that is mutated.
        read: the reader.
        correct: whether a result is valid.
        complete: makes a file of the mutated part, so that checksums and lengths do not refuse every mutation.
    """

    suffix: str
    valid: Callable[[], bytes]
    read: Callable[[Path], object]
    correct: Callable[[object], bool]
    complete: Callable[[bytes], bytes] = bytes


def written(suffix: str, write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"valid{suffix}"
        write(path)
        return path.read_bytes()


def pfm() -> bytes:
    return b"Pf\n7 5\n-1.0\n" + RANDOM.uniform(0, 99, (5, 7)).astype("<f4").tobytes()


def disparity_png() -> bytes:
    return written(".png", lambda path: write_disparity(path, RANDOM.uniform(0, 99, (9, 11))))


def image_png() -> bytes:
    return written(".png", lambda path: write_image(path, RANDOM.integers(0, 256, (9, 11, 3), np.uint8)))


def class_map() -> bytes:
    return written(".npy", lambda path: np.save(path, RANDOM.integers(0, 19, (6, 8))))


def manifest() -> bytes:
    rows = "".join(f"left {n}.png,right {n}.png,{n}.pfm,\n" for n in range(5))
    return f"left,right,disparity,segmentation\n{rows}".encode()


def state_dict() -> dict:
    state = {"module.a.weight": torch.randn(4, 3), "module.a.num_batches_tracked": torch.tensor(3)}
    return {"epoch": 1, "state_dict": state, "train_loss": np.float64(0.5)}


def perturbation() -> dict:
    return {f"perturb{view}_state_dict": {"weights": torch.rand(3, 4, 4) / 100} for view in (0, 1)}


def saved(content: dict, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


@cache
def zip_parts(make: Callable[[], dict]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(saved(make()))) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def pickle_of(make: Callable[[], dict]) -> bytes:
    return next(content for name, content in zip_parts(make).items() if name.endswith("data.pkl"))


def around_pickle(make: Callable[[], dict]) -> Callable[[bytes], bytes]:
    def complete(mutated: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in zip_parts(make).items():
                archive.writestr(name, mutated if name.endswith("data.pkl") else content)
        return buffer.getvalue()

    return complete


def safetensors() -> bytes:
    header = {"epsilon": 0.1, "image_size": [8, 8], "train_step": 3}
    tiles = {view: torch.rand(3, 4, 4) / 100 for view in ("left", "right")}
    return save(tiles, {"supcore": json.dumps(header)})


def safetensors_header() -> bytes:
    content = safetensors()
    return content[8 : 8 + struct.unpack("<Q", content[:8])[0]]


def around_header(mutated: bytes) -> bytes:
    return struct.pack("<Q", len(mutated)) + mutated + bytes(2 * 3 * 4 * 4 * 4)


def with_checksums(content: bytes) -> bytes:
    """A PNG whose chunks have the checksums of their content, as far as chunks can be told."""
    parts, at = [content[:8]], 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        body = content[at + 4 : at + 8 + length]
        parts += [content[at : at + 4], body, zlib.crc32(body).to_bytes(4, "big")]
        at += 12 + length
    return b"".join(parts)


def is_disparity(values: object) -> bool:
    return values.dtype == np.float32 and values.ndim == 2 and bool(np.isfinite(values).all() and (values >= 0).all())


def is_image(values: object) -> bool:
    return values.dtype == np.uint8 and values.ndim == 3 and values.shape[2] == 3


def is_class_map(values: object) -> bool:
    return values.dtype == np.uint8 and values.ndim == 2 and bool(((values < 19) | (values == 255)).all())


def is_list_of_pairs(samples: object) -> bool:
    texts = [text for sample in samples for text in vars(sample).values()]
    return (
        bool(samples)
        and all(isinstance(s, StereoSample) and s.left and s.right for s in samples)
        and all(isinstance(text, str) and not set(text) & {"\0", "\n", "\r"} for text in texts)
    )


def is_state_dict(state: object) -> bool:
    return all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items())


def is_perturbation(sup: object) -> bool:
    tiles = torch.stack((sup.left, sup.right))
    return tiles.dtype == torch.float32 and bool((tiles.abs() <= sup.epsilon * (1 + 1e-6)).all())


_LEGACY = {"_use_new_zipfile_serialization": False}
TARGETS = {
    "PFM": Target(".pfm", pfm, read_disparity, is_disparity),
    "disparity PNG": Target(".png", disparity_png, read_disparity, is_disparity),
    "disparity PNG, right checksums": Target(".png", disparity_png, read_disparity, is_disparity, with_checksums),
    "image PNG, right checksums": Target(".png", image_png, read_image, is_image, with_checksums),
    "class map": Target(".npy", class_map, read_class_map, is_class_map),
    "manifest": Target(".csv", manifest, read_manifest, is_list_of_pairs),
    "weights": Target(".tar", lambda: saved(state_dict()), read_state_dict, is_state_dict),
    "weights, old format": Target(".tar", lambda: saved(state_dict(), **_LEGACY), read_state_dict, is_state_dict),
    "weights, pickle in an intact zip": Target(
        ".tar", lambda: pickle_of(state_dict), read_state_dict, is_state_dict, around_pickle(state_dict)
    ),
    "authors' SUP": Target(
        ".pth", lambda: pickle_of(perturbation), StereoPerturbation.load, is_perturbation, around_pickle(perturbation)
    ),
    "safetensors": Target(".safetensors", safetensors, StereoPerturbation.load, is_perturbation),
    "safetensors, right length": Target(
        ".safetensors", safetensors_header, StereoPerturbation.load, is_perturbation, around_header
    ),
}
