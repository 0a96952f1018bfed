"""A network attacked on a few pairs, and the noise it is attacked with."""

import pytest
import torch

from supcore.data.dataset import StereoDataset
from supcore.evaluation.predictions import Target, predict_clean
from supcore.perturbation import StereoPerturbation


@pytest.fixture
def make_target(small_network, tmp_path):
    """The small network on the given pairs, its clean predictions written."""

    def make(samples):
        pairs = StereoDataset(samples, keep_in_memory=True)
        target = Target(small_network, pairs, tmp_path / "clean.npy", "street", "psmnet", batch=2)
        predict_clean(target)
        return target

    return make


@pytest.fixture
def noise():
    """Random signs of 0.05 in tiles of 8×16 for images of 32×64."""
    return StereoPerturbation.random_signs((8, 16), (32, 64), 0.05, torch.Generator().manual_seed(0))
