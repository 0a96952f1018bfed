"""The elastic deformation against a computation of its own, with the same draws."""

import numpy as np
import pytest
import scipy.ndimage

from supcore.corruptions.geometry import elastic_transform


@pytest.fixture
def smooth_image():
    """136×192, without detail that interpolation would lose."""
    noise = np.random.default_rng(0).random((136, 192, 3))
    image = scipy.ndimage.gaussian_filter(noise, (12, 12, 0), mode="reflect")
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


def sampled(image, y, x, mode):
    return np.stack([scipy.ndimage.map_coordinates(c, (y, x), order=1, mode=mode) for c in np.moveaxis(image, 2, 0)], 2)


def test_displacement_is_smoothed_noise_in_pixels_of_the_shorter_side(smooth_image):
    """Lengths for 224×224 images grow with the shorter side; first the horizontal field is drawn."""
    height, width = smooth_image.shape[:2]
    scale, random = height / 224, np.random.default_rng(5)
    random.uniform(size=(3, 2))  # the anchors of the affine map, which stays the identity
    fields = [random.uniform(-1, 1, (height, width)) for _ in range(2)]
    dx, dy = (scipy.ndimage.gaussian_filter(f, 4 * scale, mode="reflect", truncate=3) * 60 * scale for f in fields)
    y, x = np.mgrid[:height, :width]
    expected = sampled(smooth_image, y + dy, x + dx, "reflect")
    found = elastic_transform(smooth_image, 60, 4, 0, np.random.default_rng(5))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(expected - smooth_image).max() > 0.05


def test_affine_map_moves_three_corners_of_the_central_square():
    """A third of the shorter side from the center: bottom right, top right, top left, each by its own draw.

    The image holds its own coordinates; beyond the border they are mirrored without repeating the edge.
    """
    height, width = 136, 192
    y, x = np.mgrid[:height, :width].astype(np.float32)
    image = np.stack((x, y, x + y), axis=2)
    reach, jitter = height // 3, 20 * height / 224
    corners = np.array([[1, 1], [1, -1], [-1, -1]])
    anchors = [width // 2, height // 2] + reach * corners
    moved = anchors + np.random.default_rng(0).uniform(-jitter, jitter, (3, 2))
    # From where in the image each pixel of the result comes: the map that takes the moved anchors back.
    backwards = np.linalg.solve(np.column_stack((moved, np.ones(3))), anchors)
    from_x, from_y = np.moveaxis(np.stack((x, y, np.ones_like(x)), axis=-1) @ backwards, 2, 0)
    expected = sampled(image, from_y, from_x, "mirror")
    found = elastic_transform(image, 0, 4, 20, np.random.default_rng(0))
    np.testing.assert_allclose(found, expected, atol=0.1)  # OpenCV interpolates at 32nds of a pixel
    outside = (from_x < 0) | (from_y < 0) | (from_x > width - 1) | (from_y > height - 1)
    assert outside.mean() > 0.02
