"""Corruptions equal the release's, where its code runs.

8-bit operations are compared exactly, filters of floating-point images to 1e-7 (two units in the last place).
"""

import numpy as np
import pytest
import torch

from supcore.corruptions import CORRUPTIONS, corrupt
from supcore.corruptions.blur import disk
from tests.parity.golden import pair

pytestmark = pytest.mark.parity

IMAGES = ("image8", "imagef")  # on the 8-bit grid, and off it


@pytest.fixture(scope="module")
def stored(golden):
    return np.load(golden / "corruptions.npz")


def corrupted(image, name, severity=None):
    result = corrupt(torch.from_numpy(image).permute(2, 0, 1), name, severity)
    return result.permute(1, 2, 0).numpy()


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("name", ["jpeg", "quantization"])
def test_8_bit_corruptions_equal_the_release(stored, image, name):
    np.testing.assert_array_equal(corrupted(stored[image], name), stored[f"{image}__{name}"])


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("sigma", [1, 2])
def test_gaussian_blur_equals_the_release(stored, image, sigma):
    result = corrupted(stored[image], "gaussian", severity=sigma)
    np.testing.assert_allclose(result, stored[f"{image}__gaussian_k5_s{sigma}"], atol=1e-7, rtol=0)


@pytest.mark.parametrize("image", IMAGES)
def test_defocus_blur_of_the_published_severity_equals_the_release(stored, image):
    np.testing.assert_allclose(
        corrupted(stored[image], "defocus_blur"), stored[f"{image}__defocus_blur"], atol=1e-7, rtol=0
    )
    np.testing.assert_allclose(disk(1.5, 0.1), stored["disk_r1.5_a0.1"], atol=1e-9, rtol=0)


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_weaker_defocus_blur_equals_the_release(stored, severity):
    result = corrupted(stored["image8"], "defocus_blur", severity)
    np.testing.assert_allclose(result, stored[f"image8__defocus_blur_sev{severity}"], atol=1e-7, rtol=0)


def test_pixelate_equals_the_release_at_its_only_size(stored):
    result = corrupt(pair(256, 640, 53)[0][0], "pixelate")
    levels = (255 * result).round().to(torch.uint8).permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(levels[::8, ::8], stored["pixelate_every8"])
    np.testing.assert_array_equal(levels[1::2, 1::2], levels[::2, ::2])


@pytest.mark.parametrize("name", ["gaussian_noise", "shot_noise"])
def test_noise_equals_the_release_given_its_random_numbers(stored, name):
    entry = CORRUPTIONS[name]
    parameters = entry.severities[entry.default_severity - 1]
    result = entry.function(stored["image8"], *parameters, np.random.RandomState(0))
    np.testing.assert_array_equal(result.clip(0, 1), stored[f"np_random_seed0__{name}"])


@pytest.mark.parametrize("name", ["jpeg", "gaussian", "quantization", "defocus_blur"])
def test_images_of_a_batch_are_corrupted_one_by_one(stored, name):
    """As the release does for its networks."""
    batch = torch.from_numpy(np.stack([stored[image] for image in IMAGES])).permute(0, 3, 1, 2)
    suffix = "_k5_s1" if name == "gaussian" else ""
    expected = np.stack([stored[f"{image}__{name}{suffix}"] for image in IMAGES]).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(corrupt(batch, name).numpy(), expected, atol=1e-7, rtol=0)
