"""The single operations against independent computations."""

import colorsys

import numpy as np
import pytest
import scipy.ndimage

from supcore.corruptions import blur, digital, geometry, noise, photometric, plasma, weather
from supcore.corruptions.eight_bit import from_uint8, to_uint8


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_all_8_bit_levels_survive_and_others_are_truncated():
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_uint8(from_uint8(levels)), levels)
    assert to_uint8(np.array([0.999, 0.0039], np.float32)).tolist() == [254, 0]


def test_gaussian_noise_has_its_standard_deviation(random):
    difference = noise.gaussian_noise(np.full((200, 200, 3), 0.5), 0.1, random) - 0.5
    assert difference.std() == pytest.approx(0.1, rel=0.02)
    assert abs(difference.mean()) < 0.002


def test_shot_noise_counts_photons(random):
    """Mean x, variance x / photons, and whole photons only."""
    noisy = noise.shot_noise(np.full((200, 200, 3), 0.4), 50, random)
    assert noisy.mean() == pytest.approx(0.4, rel=0.01)
    assert noisy.var() == pytest.approx(0.4 / 50, rel=0.03)
    np.testing.assert_allclose(noisy * 50, np.round(noisy * 50), atol=1e-9)


def test_impulse_noise_is_half_salt_and_half_pepper(random):
    noisy = noise.impulse_noise(np.full((200, 200, 3), 0.5), 0.2, random)
    assert (noisy == 0).mean() == pytest.approx(0.1, rel=0.05)
    assert (noisy == 1).mean() == pytest.approx(0.1, rel=0.05)
    hit = noisy != 0.5
    assert (hit[..., 0] & hit[..., 1]).mean() == pytest.approx(0.2**2, rel=0.1)  # channels by themselves


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_shuffling_equals_visiting_the_pixels_in_turn(random, reach):
    """The reference visits as the original does, with its assignment between views."""
    image = random.integers(0, 256, (23, 31, 3), dtype=np.uint8)
    steps = random.integers(-reach, reach, (2, 23, 31))
    expected = image.copy()
    for y in range(23 - reach, reach, -1):
        for x in range(31 - reach, reach, -1):
            v, u = y + steps[0, y, x], x + steps[1, y, x]
            expected[y, x], expected[v, u] = expected[v, u], expected[y, x]
    np.testing.assert_array_equal(blur.shuffle(image, steps, reach), expected)


def test_an_image_smaller_than_the_reach_is_not_shuffled(random):
    image = random.integers(0, 256, (7, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(blur.shuffle(image, random.integers(-4, 4, (2, 7, 5)), 4), image)


@pytest.mark.parametrize(("radius", "width"), [(3, 17), (8, 17), (10, 21)])
def test_the_disk_spreads_all_light_over_its_area(radius, width):
    kernel = blur.disk(radius, 0.1)
    assert kernel.shape == (width, width)
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    assert (kernel > 0.5 * kernel.max()).sum() == pytest.approx(np.pi * radius**2, rel=0.05)


@pytest.mark.parametrize("factor", [1, 1.01, 1.11, 1.3, 2, 4.5])
def test_zoom_equals_scipys_on_a_square_image(random, factor):
    """SciPy's linear zoom of the center square, as in the original."""
    side = 65
    image = random.random((side, side, 3))
    crop = int(np.ceil(side / factor))
    first = (side - crop) // 2
    square = image[first : first + crop, first : first + crop]
    zoomed = scipy.ndimage.zoom(square, (factor, factor, 1), order=1)
    trim = (zoomed.shape[0] - side) // 2
    expected = zoomed[trim : trim + side, trim : trim + side]
    np.testing.assert_allclose(geometry.clipped_zoom(image, factor), expected, atol=1e-9)


def test_zoom_blur_leaves_a_flat_image_flat():
    image = np.full((65, 97, 3), 0.3, np.float32)
    np.testing.assert_allclose(blur.zoom_blur(image, (1, 1.1, 1.2)), image, atol=1e-6)


def test_elastic_transform_without_strength_and_jitter_changes_nothing(scene, random):
    np.testing.assert_allclose(geometry.elastic_transform(scene, 0, 4, 0, random), scene, atol=1e-6)


def test_elastic_displacement_has_the_amplitude_of_smoothed_noise(random):
    """Uniform noise smoothed by a Gaussian of s pixels has the standard deviation 1 / (s √(12 π))."""
    height, width = 224, 448
    ramp = np.repeat(np.arange(width, dtype=np.float32)[None, :, None], height, axis=0)
    shift = geometry.elastic_transform(np.repeat(ramp, 3, axis=2), 40, 4, 0, random)[..., 0] - ramp[..., 0]
    inside = shift[20:-20, 40:-40]
    assert inside.std() == pytest.approx(40 / (4 * np.sqrt(12 * np.pi)), rel=0.1)


def test_plasma_follows_the_diamond_square_rule():
    """Point by point: squares first, then the diamonds beside and below each corner, wrapping around."""
    size, decay = 8, 1.7
    draws = np.random.default_rng(3)
    heights, step, roughness = np.zeros((size, size)), size, 100.0
    while step >= 2:
        half, points = step // 2, size // step
        noise_of = [draws.uniform(-(roughness**2), roughness**2, (points, points)) for _ in range(3)]
        for place, kind in enumerate([(half, half), (0, half), (half, 0)]):
            for i in range(points):
                for j in range(points):
                    y, x = i * step + kind[0], j * step + kind[1]
                    diagonal = kind == (half, half)
                    around = [(-1, -1), (-1, 1), (1, -1), (1, 1)] if diagonal else [(-1, 0), (1, 0), (0, -1), (0, 1)]
                    total = sum(heights[(y + half * v) % size, (x + half * u) % size] for v, u in around)
                    heights[y, x] = total / 4 + noise_of[place][i, j]
        step, roughness = half, roughness / decay
    expected = (heights - heights.min()) / (heights.max() - heights.min())
    result = plasma.plasma(7, 5, decay, np.random.default_rng(3))
    np.testing.assert_allclose(result, expected[:7, :5], atol=1e-12)


def test_snow_without_flakes_only_whitens(scene, random):
    result = weather.snow(scene, -10, 0.3, 3, 0.5, 10, 4, 0.8, random)
    gray = scene @ np.array([0.299, 0.587, 0.114])
    whitened = np.maximum(scene, 1.5 * gray[..., None] + 0.5)
    np.testing.assert_allclose(result, 0.8 * scene + 0.2 * whitened, atol=1e-6)


def test_fog_fills_the_range_below_the_brightest_value(random):
    flat = np.full((64, 64, 3), 0.5, np.float32)
    result = weather.fog(flat, 1.5, 2, random)
    assert result.min() == pytest.approx(0.5 * 0.5 / 2)
    assert result.max() == pytest.approx(0.5)
    np.testing.assert_array_equal(result[..., 0], result[..., 2])


def test_frost_has_no_rim_and_is_bluish(random):
    texture = weather.frost_texture(128, 192, random)
    assert texture.shape == (128, 192, 3)
    assert 0 <= texture.min() < texture.max() <= 1
    assert (texture[..., 0] <= texture[..., 2]).all()
    rim = np.concatenate((texture[:4].ravel(), texture[-4:].ravel()))
    assert 0.6 < rim.mean() / texture.mean() < 1.6
    assert texture.std() > 0.05


def test_added_brightness_raises_the_value_of_hsv(random):
    colors = np.concatenate((random.random((20, 3)), [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0.2, 0.2, 0.2]]))
    for amount in (0.1, 0.5):
        result = photometric.add_brightness(colors[None], amount)[0]
        for color, raised in zip(colors, result, strict=True):
            hue, saturation, value = colorsys.rgb_to_hsv(*color)
            np.testing.assert_allclose(raised, colorsys.hsv_to_rgb(hue, saturation, min(value + amount, 1)), atol=1e-9)


def test_reduced_contrast_keeps_the_mean_of_each_channel(scene):
    result = photometric.reduce_contrast(scene, 0.3)
    exact = scene.astype(np.float64)
    np.testing.assert_allclose(result.mean((0, 1)), exact.mean((0, 1)), atol=1e-9)
    np.testing.assert_allclose(result.std((0, 1)), 0.3 * exact.std((0, 1)), rtol=1e-9)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.15])
def test_scaled_brightness_multiplies_the_8_bit_values(scene, random, factor):
    levels = to_uint8(photometric.scale_brightness(scene, factor, factor, random)).astype(float)
    np.testing.assert_allclose(levels, np.minimum(factor * to_uint8(scene).astype(float), 255), atol=1)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.15])
def test_scaled_contrast_multiplies_the_distance_to_the_mean_grey(scene, random, factor):
    before = to_uint8(scene).astype(float)
    gray = (before @ np.array([0.299, 0.587, 0.114])).mean()
    after = to_uint8(photometric.scale_contrast(scene, factor, factor, random)).astype(float)
    np.testing.assert_allclose(after, (gray + factor * (before - gray)).clip(0, 255), atol=1.1)


@pytest.mark.parametrize("name", ["scale_brightness", "scale_contrast"])
def test_factors_differ_from_draw_to_draw(scene, random, name):
    first, second = (getattr(photometric, name)(scene, 0.8, 1.2, random) for _ in range(2))
    assert np.abs(first - second).max() > 0.01


def test_pixelate_averages_whole_blocks():
    image = np.zeros((4, 6, 3), np.float32)
    image[:2, :2] = np.array([[0, 40], [80, 120]], np.float32)[..., None] / 255
    result = to_uint8(digital.pixelate(image, 0.5))
    assert (result[:2, :2] == 60).all()
    assert not result[2:].any()
    assert not result[:, 2:].any()


def test_pixelate_of_one_row_keeps_one_row():
    assert digital.pixelate(np.full((1, 9, 3), 0.5, np.float32), 0.25).shape == (1, 9, 3)


@pytest.mark.parametrize("codec", [digital.jpeg, digital.jpeg_pillow])
def test_jpeg_keeps_colors_and_loses_more_at_lower_quality(scene, codec):
    red = np.zeros((16, 16, 3), np.float32)
    red[..., 0] = 1
    np.testing.assert_allclose(codec(red, 90), red, atol=0.02)
    losses = [np.abs(codec(scene, quality) - scene).mean() for quality in (90, 50, 10)]
    assert losses == sorted(losses)
