"""Uncertainty of a mean over images."""

import numpy as np
from numpy.typing import NDArray

LEVEL = 95.0


def bootstrap_interval(
    values: NDArray[np.float64], generator: np.random.Generator, resamples: int = 2000
) -> NDArray[np.float64]:
    """Percentile bootstrap intervals of column means, with rows (images) as the unit of resampling.

    The columns share their resamples, since an image's D1 and EPE belong together.

    Args:
        values: n×k array, one row per image, n >= 1.
        generator: source of the resamples.
        resamples: number of bootstrap resamples.

    Returns:
        2×k array: lower and upper 95 % limits. With a single row both equal that row.
    """
    count = len(values)
    chosen = generator.integers(count, size=(resamples, count), dtype=np.int32)
    means = np.stack([column[chosen].mean(axis=1) for column in values.T], axis=1)
    tail = (100.0 - LEVEL) / 2
    return np.percentile(means, [tail, 100.0 - tail], axis=0)
