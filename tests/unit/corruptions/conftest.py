"""Images with flat areas, edges, texture and saturated pixels."""

import cv2
import numpy as np
import pytest
import torch


def make_image(height, width, seed=0):
    """H×W×3 float32 on the 8-bit grid."""
    random = np.random.default_rng(seed)
    coarse = random.integers(-60, 316, (height // 8 + 1, width // 8 + 1, 3)).astype(np.float32)
    blocks = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    grain = random.normal(0, 12, (height, width, 3))
    levels = np.where(np.arange(width)[:, None] < width // 3, blocks, blocks + grain)
    return levels.clip(0, 255).astype(np.uint8).astype(np.float32) / np.float32(255)


@pytest.fixture
def scene():
    """64×96×3."""
    return make_image(64, 96)


@pytest.fixture(scope="session")
def make_batch():
    """Builder of N×3×H×W images that differ."""

    def make(count, height, width):
        images = np.stack([make_image(height, width, seed) for seed in range(count)])
        return torch.from_numpy(images).permute(0, 3, 1, 2)

    return make
