"""Images, perturbations and disparities of one attack on disk, in the folders that the paper's code writes."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from supcore.data.dataset import StereoDataset
from supcore.data.image_io import write_image
from supcore.files import atomic_path
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation


def write_outputs(
    network: StereoNetwork, pairs: StereoDataset, perturbation: StereoPerturbation, folder: str | Path
) -> None:
    """Predict every pair with and without the perturbation and write what went in and came out.

    Files are called ``00000``, ``00001``, … in the order of the pairs:

    - ``image0``, ``image1``: left and right image, PNG;
    - ``image0_output``, ``image1_output``: the perturbed ones, PNG, value × 255 cut off to whole numbers;
    - ``perturb0``, ``perturb1``: the tiles, npy, h×w×3;
    - ``disparity_origin``, ``disparity_output``, ``ground_truth``: npy, H×W float32, pixels.
    """
    folder = Path(folder)
    device = network.device
    for index in range(len(pairs)):
        pair = pairs[index]
        clean = pair.views(device)
        perturbed = perturbation(*clean)
        for number in (0, 1):
            tile = (perturbation.left, perturbation.right)[number]
            _write_png(folder / f"image{number}", index, clean[number])
            _write_png(folder / f"image{number}_output", index, perturbed[number])
            _write_array(folder / f"perturb{number}", index, tile.permute(1, 2, 0))
        _write_array(folder / "disparity_origin", index, network.predict(*clean)[0, 0])
        _write_array(folder / "disparity_output", index, network.predict(*perturbed)[0, 0])
        _write_array(folder / "ground_truth", index, pair.disparity[0])


def _write_png(folder: Path, index: int, image: Tensor) -> None:
    # 255 × (k / 255) is k again in float32 for every 8-bit k, so clean images come back as they were.
    values = (image[0] * 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    write_image(folder / f"{index:05d}.png", np.ascontiguousarray(values))


def _write_array(folder: Path, index: int, values: Tensor) -> None:
    with atomic_path(folder / f"{index:05d}.npy") as temporary, temporary.open("wb") as stream:
        np.save(stream, values.detach().cpu().numpy())
