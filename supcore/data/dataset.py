"""Stereo pairs read from disk at the size that everything downstream works at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from supcore.data.contents import Known, contents_digest
from supcore.data.ground_truth import read_ground_truth, read_visible
from supcore.data.image_io import read_class_map, read_image
from supcore.data.manifest import CROP, StereoSample
from supcore.errors import SupError


@dataclass
class StereoPair:
    """One stereo pair, or a batch of them with a leading N.

    Attributes:
        left: 3×H×W uint8 RGB.
        right: 3×H×W uint8 RGB.
        disparity: 1×H×W float32 of the left view in pixels of this size; 0 where there is no ground truth.
        classes: 1×H×W uint8 Cityscapes train ids; 255 where unknown.
    """

    left: Tensor
    right: Tensor
    disparity: Tensor
    classes: Tensor

    def views(self, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
        """Left and right view on a device as networks take them: N×3×H×W float32 in [0, 1]; N is 1 for one pair."""
        left, right = (to_unit_range(view).to(device) for view in (self.left, self.right))
        return (left, right) if left.dim() == 4 else (left[None], right[None])


class StereoDataset(Dataset[StereoPair]):
    """The stereo pairs of a manifest.

    Args:
        samples: from :func:`supcore.data.manifest.read_manifest`.
        image_size: (H, W) to resize to, as the release does: Lanczos on 8 bit for images, nearest for disparity,
            which is multiplied by the ratio of widths; or to cut pairs to whose ``fit`` is ``crop``; None keeps the
            stored size.
        keep_in_memory: decode each pair once; for small sets.
        known: hashes of the files, see :func:`supcore.data.contents.known_contents`.
    """

    def __init__(
        self,
        samples: Sequence[StereoSample],
        image_size: tuple[int, int] | None = None,
        *,
        keep_in_memory: bool = False,
        known: Known | None = None,
    ) -> None:
        self.samples = list(samples)
        self.image_size = image_size
        self._memory: dict[int, StereoPair] | None = {} if keep_in_memory else None
        self._known = known

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> StereoPair:
        if self._memory is None:
            return load_pair(self.samples[index], self.image_size)
        if index not in self._memory:
            self._memory[index] = load_pair(self.samples[index], self.image_size)
        return self._memory[index]

    def visible(self, index: int) -> Tensor | None:
        """Which pixels of the left view both cameras see, 1×H×W bool at the size here; None where it is not known."""
        sample = self.samples[index]
        if not sample.visible:
            return None
        seen = read_visible(sample).astype(np.uint8)
        return torch.from_numpy(_nearest(_cut(seen, sample, self.image_size), self.image_size or seen.shape) > 0)[None]

    def identity(self) -> dict[str, Any]:
        """What the pairs are, whatever their files are called: their size here, their number and a hash of them all."""
        return {
            "image_size": None if self.image_size is None else list(self.image_size),
            "pairs": len(self),
            "contents": pairs_digest(self.samples, self._known),
        }


def pairs_digest(samples: Sequence[StereoSample], known: Known | None = None) -> str:
    """One hash of the contents of all files of the pairs, and how many are encoded or cut in which way."""
    digest = contents_digest((file for sample in samples for file in sample.files), known)
    ways = Counter(way for sample in samples for way in (sample.encoding, sample.fit) if way)
    return ", ".join([digest, *(f"{way}: {number}" for way, number in sorted(ways.items()))])


def load_pair(sample: StereoSample, image_size: tuple[int, int] | None = None) -> StereoPair:
    """Read, check and resize one stereo pair, or cut it.

    Raises:
        SupError: a file cannot be read, the sizes of the files of this pair differ, or they are too small to be cut.
    """
    left, right = read_image(sample.left), read_image(sample.right)
    _check_size(sample.right, right, left)
    disparity = np.zeros(left.shape[:2], np.float32)
    if sample.disparity:
        disparity = read_ground_truth(sample)
        _check_size(sample.disparity, disparity, left)
    classes = np.full(left.shape[:2], 255, np.uint8)
    if sample.segmentation:
        classes = read_class_map(sample.segmentation)
        _check_size(sample.segmentation, classes, left)
    size = image_size or left.shape[:2]
    left, right, disparity, classes = (_cut(array, sample, image_size) for array in (left, right, disparity, classes))
    return StereoPair(
        torch.from_numpy(resize_image(left, size).transpose(2, 0, 1).copy()),
        torch.from_numpy(resize_image(right, size).transpose(2, 0, 1).copy()),
        torch.from_numpy(resize_disparity(disparity, size)[None].copy()),
        torch.from_numpy(_nearest(classes, size)[None].copy()),
    )


def stack_pairs(pairs: Sequence[StereoPair]) -> StereoPair:
    """Batch of pairs of one size, N first."""
    return StereoPair(
        torch.stack([p.left for p in pairs]),
        torch.stack([p.right for p in pairs]),
        torch.stack([p.disparity for p in pairs]),
        torch.stack([p.classes for p in pairs]),
    )


def to_unit_range(image: Tensor) -> Tensor:
    """8-bit values as float32 in [0, 1]."""
    return image.to(torch.float32) / 255


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """H×W×3 uint8 to (H, W) = ``size`` by Lanczos on 8 bit, as the release does; may ring at edges."""
    return _resize(image, size, cv2.INTER_LANCZOS4)


def resize_disparity(disparity: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """H×W float32 to ``size`` by nearest neighbor, values scaled with the width."""
    ratio = np.float32(size[1] / disparity.shape[1])
    return (_nearest(disparity, size) * ratio).astype(np.float32)


def _cut(array: np.ndarray, sample: StereoSample, size: tuple[int, int] | None) -> np.ndarray:
    if size is None or sample.fit != CROP:
        return array
    if array.shape[0] < size[0] or array.shape[1] < size[1]:
        raise SupError(
            f"{sample.left}: is {array.shape[1]}x{array.shape[0]} px, too small to cut {size[1]}x{size[0]} out of it; "
            "choose a smaller image_size, or resize it (fit)"
        )
    return array[: size[0], : size[1]]


def _nearest(array: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    return _resize(array, size, cv2.INTER_NEAREST)


def _resize(array: np.ndarray, size: tuple[int, ...], interpolation: int) -> np.ndarray:
    if array.shape[:2] == tuple(size):
        return array
    return cv2.resize(array, (size[1], size[0]), interpolation=interpolation)


def _check_size(path: str, array: np.ndarray, left: np.ndarray) -> None:
    if array.shape[:2] != left.shape[:2]:
        found, wanted = array.shape[1::-1], left.shape[1::-1]
        raise SupError(
            f"{path}: is {found[0]}x{found[1]} px, its left image {wanted[0]}x{wanted[1]}; pair the files again"
        )
