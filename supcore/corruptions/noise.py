"""Noise of sensors: H×W×3 float images in [0, 1]; the results are clipped where corruptions are applied."""

import numpy as np


def gaussian_noise(image: np.ndarray, sigma: float, random: np.random.Generator) -> np.ndarray:
    """Add N(0, sigma²) to every value."""
    return image + random.normal(size=image.shape, scale=sigma)


def shot_noise(image: np.ndarray, photons: float, random: np.random.Generator) -> np.ndarray:
    """Replace every value x by Poisson(photons · x) / photons."""
    return random.poisson(image * photons) / photons


def impulse_noise(image: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Salt and pepper: every value becomes 0 or 1, equally likely, with probability ``amount``.

    Channels are hit independently, as scikit-image's ``random_noise`` does in the original.
    """
    hit = random.random(image.shape) < amount
    salt = random.random(image.shape) < 0.5
    return np.where(hit, salt, image)
