"""A corruption that is not part of the library: homogeneous haze, which lets white through evenly."""

import numpy as np

from supcore.corruptions import Corruption


def haze(image: np.ndarray, density: float) -> np.ndarray:
    """Blend an image with white: 0 leaves it as it is, 1 hides it."""
    return (1 - density) * image + density


HAZE = Corruption(haze, severities=((0.2,), (0.4,), (0.6,)), random=False, description="homogeneous haze")
