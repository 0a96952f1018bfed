"""Perturbed pairs as image files of 8 bits."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from supcore.data.image_io import write_image
from supcore.data.manifest import StereoSample
from supcore.data.own_pairs import read_pair
from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation


def write_perturbed(
    perturbation: StereoPerturbation,
    samples: Sequence[StereoSample],
    folder: str | Path,
    image_size: tuple[int, int] | None = None,
) -> None:
    """Write ``left/<name>.png`` and ``right/<name>.png`` of every pair, by the names of its files.

    Args:
        perturbation: fits the pairs.
        samples: the pairs; sizes may differ.
        folder: to write to.
        image_size: (H, W) to resize to; None keeps the stored size.

    Raises:
        SupError: epsilon is below one gray level, which a file of 8 bits cannot hold; or a file cannot be read.
    """
    if perturbation.epsilon < 1 / 255:
        raise SupError(
            f"epsilon {perturbation.epsilon:g} is less than one gray level of 8-bit images (0.0039), which would not "
            "change at all; perturb them in Python"
        )
    for sample in samples:
        pair = read_pair(sample.left, sample.right, image_size)
        views = zip(pair, perturbation(*pair), (sample.left, sample.right), ("left", "right"), strict=True)
        for clean, perturbed, file, side in views:
            values = to_8_bits(clean, perturbed, perturbation.epsilon)
            write_image(Path(folder) / side / f"{Path(file).stem}.png", values[0].permute(1, 2, 0).numpy())


def to_8_bits(clean: Tensor, perturbed: Tensor, epsilon: float) -> Tensor:
    """Gray levels of a perturbed image: the change is rounded, but never to more than epsilon.

    Args:
        clean: N×3×H×W in [0, 1], values k / 255.
        perturbed: the same shape.
        epsilon: bound of the change.

    Examples:
        >>> to_8_bits(torch.tensor([100 / 255]), torch.tensor([100 / 255 + 0.02]), 0.02).tolist()  # 5.1 levels
        [105]
    """
    most = int(255 * epsilon + 1e-4)
    change = (255 * (perturbed - clean)).round().clamp(-most, most)
    return (255 * clean + change).round().to(torch.uint8)
