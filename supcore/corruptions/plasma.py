"""Plasma fractals: clouds for fog and crystals for frost."""

import numpy as np


def plasma(height: int, width: int, decay: float, random: np.random.Generator) -> np.ndarray:
    """Diamond-square heightmap (Fournier et al., 1982) that wraps around its borders.

    It is made on the next power of two of the longer side, scaled to [0, 1] there and cropped to the top left corner.

    Args:
        height: of the result.
        width: of the result.
        decay: factor by which the roughness falls from one scale to the next; larger is smoother.
        random: means of four points are displaced by U(-r², r²), with r = 100 at the coarsest scale.

    Returns:
        height×width float64 in [0, 1].
    """
    size = max(2, 1 << (max(height, width) - 1).bit_length())
    heights = np.zeros((size, size))
    step, roughness = size, 100.0
    while step >= 2:
        half, bound = step // 2, roughness**2
        corners = heights[::step, ::step]
        pairs = corners + np.roll(corners, -1, axis=0)
        centers = _displaced_mean(pairs + np.roll(pairs, -1, axis=1), bound, random)
        beside = corners + np.roll(corners, -1, axis=1) + centers + np.roll(centers, 1, axis=0)
        below = pairs + centers + np.roll(centers, 1, axis=1)
        heights[half::step, half::step] = centers
        heights[::step, half::step] = _displaced_mean(beside, bound, random)
        heights[half::step, ::step] = _displaced_mean(below, bound, random)
        step, roughness = half, roughness / decay
    heights -= heights.min()
    return heights[:height, :width] / heights.max()


def _displaced_mean(sum_of_four: np.ndarray, bound: float, random: np.random.Generator) -> np.ndarray:
    return sum_of_four / 4 + random.uniform(-bound, bound, sum_of_four.shape)
