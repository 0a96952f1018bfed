"""Motion blur: by hand, and against ImageMagick where it is installed."""

import math
import shutil
import subprocess

import cv2
import numpy as np
import pytest

from supcore.corruptions.eight_bit import to_uint8
from supcore.corruptions.motion import blur_along, motion_blur


@pytest.fixture(scope="session")
def imagemagick():
    """The name of ImageMagick's command."""
    for command in ("magick", "convert"):
        if shutil.which(command):
            version = subprocess.run([command, "-version"], capture_output=True, text=True, check=False).stdout
            if "ImageMagick" in version:
                return command
    pytest.skip("ImageMagick is not installed (neither magick nor convert)")


def test_the_direction_is_drawn_between_minus_45_and_45_degrees(scene):
    for seed in range(3):
        angle = np.random.default_rng(seed).uniform(-45, 45)
        found = to_uint8(motion_blur(scene, 15, 8, np.random.default_rng(seed)))
        np.testing.assert_array_equal(found, blur_along(to_uint8(scene), 15, 8, angle))


@pytest.mark.parametrize("angle", [-135, -90, -45, -30, -12.3, 0, 7.7, 30, 45])
@pytest.mark.parametrize(("radius", "sigma"), [(6, 1), (9, 2.5), (20, 15)])
def test_blur_equals_imagemagick(imagemagick, tmp_path, scene, radius, sigma, angle):
    """To one gray level in less than a thousandth of the values, where sums rounded to 16 bits meet a bound of 8.

    ImageMagick's result is read with 16 bits, since its versions differ in how they write 8.
    """
    image = to_uint8(scene)
    before, after = str(tmp_path / "before.png"), str(tmp_path / "after.png")
    cv2.imwrite(before, image[..., ::-1])
    options = ["-motion-blur", f"{radius}x{sigma}{angle:+}", "-depth", "16"]
    subprocess.run([imagemagick, before, *options, f"PNG48:{after}"], check=True)
    expected = cv2.imread(after, cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert expected.dtype == np.uint16
    difference = np.abs(blur_along(image, radius, sigma, angle).astype(int) - expected // 257)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def test_a_point_becomes_half_a_gaussian():
    """Angle 0 reads the pixels to the right, so the point's trace lies to its left."""
    image = np.zeros((5, 21), np.uint8)
    image[2, 15] = 255
    blurred = blur_along(image, 4, 2, 0)
    weights = np.exp(-(np.arange(9) ** 2) / 8)
    expected = (255 * weights / weights.sum()).astype(int)
    np.testing.assert_array_equal(blurred[2, 15:6:-1], expected)
    assert blurred.sum() == expected.sum()


def test_a_positive_angle_turns_towards_the_bottom():
    image = np.zeros((21, 21), np.uint8)
    image[15, 15] = 255
    rows, columns = np.nonzero(blur_along(image, 4, 3, 45))
    np.testing.assert_array_equal(rows, columns)
    assert rows.min() == 15 - math.floor(8 * math.sqrt(0.5) + 0.5)
    assert rows.max() == 15


@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
def test_a_flat_image_stays_flat_up_to_its_border(level):
    image = np.full((9, 7, 3), level, np.uint8)
    for radius, sigma in ((6, 1), (9, 2.5), (20, 15)):
        np.testing.assert_array_equal(blur_along(image, radius, sigma, 33), image)
