"""Glass blur and the disk of a lens against computations of their own."""

import numpy as np
import pytest
import scipy.ndimage

from supcore.corruptions import blur


@pytest.mark.parametrize("border", ["flat", "textured"])
def test_glass_blur_smooths_shuffles_and_smooths(scene, border):
    """Gaussians cut at four deviations, the nearest pixel beyond the border; steps from -reach to reach - 1."""
    image = scene if border == "textured" else np.full_like(scene, 0.5)
    sigma, reach, rounds = 1.1, 3, 2

    def smooth(values):
        return scipy.ndimage.gaussian_filter(values, (sigma, sigma, 0), truncate=4, mode="nearest")

    random = np.random.default_rng(6)
    shuffled = (255 * smooth(image.astype(np.float64))).astype(np.uint8)
    for _ in range(rounds):
        shuffled = blur.shuffle(shuffled, random.integers(-reach, reach, (2, *image.shape[:2])), reach)
    expected = smooth(shuffled / 255)
    found = blur.glass_blur(image, sigma, reach, rounds, np.random.default_rng(6))
    difference = np.abs(found - expected)
    assert difference.max() < 1.5 / 255  # a level may be truncated differently,
    assert difference.mean() < 1e-4  # here and there


@pytest.mark.parametrize(("radius", "reach", "size"), [(0.5, 8, 3), (3, 8, 3), (8, 8, 3), (10, 10, 5)])
@pytest.mark.parametrize("alias_blur", [0.5, 1.0])
def test_the_rim_of_the_disk_is_softened(radius, reach, size, alias_blur):
    """By a Gaussian of 3×3 on the 17×17 grid, of 5×5 on wider ones, mirrored at the border."""
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside = (x**2 + y**2 <= radius**2).astype(float)
    taps = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * alias_blur**2))
    expected = inside / inside.sum()
    for axis in (0, 1):
        expected = scipy.ndimage.convolve1d(expected, taps / taps.sum(), axis, mode="mirror")
    np.testing.assert_allclose(blur.disk(radius, alias_blur), expected, atol=1e-6)
