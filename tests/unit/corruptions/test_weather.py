"""Snow, fog and frost as formulas, with the same draws."""

import numpy as np
import pytest

from supcore.corruptions import photometric, weather
from supcore.corruptions.geometry import clipped_zoom
from supcore.corruptions.motion import blur_along
from supcore.corruptions.plasma import plasma

SEED = 4


@pytest.fixture
def dim_scene(scene):
    """Its brightest value is 0.8, so that what is brought back to it differs from 1."""
    return (0.8 * scene).astype(np.float32)


def test_fog_adds_the_plasma_and_keeps_the_brightest_value(dim_scene):
    thickness, decay = 2.5, 1.7
    clouds = plasma(*dim_scene.shape[:2], decay, np.random.default_rng(SEED))[..., None]
    brightest = dim_scene.max()
    expected = (dim_scene + thickness * clouds) * brightest / (brightest + thickness)
    found = weather.fog(dim_scene, thickness, decay, np.random.default_rng(SEED))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_snow_falls_over_the_whitened_image_and_its_half_turn_with_it(dim_scene):
    """Noise enlarged, cut below the threshold, blurred downwards; added as it is and turned by 180 degrees."""
    density, spread, zoom, threshold, radius, sigma, keep = 0.55, 0.3, 2.5, 0.85, 12, 12, 0.55
    random = np.random.default_rng(SEED)
    noise = clipped_zoom(random.normal(density, spread, dim_scene.shape[:2])[..., None], zoom)[..., 0]
    flakes = np.where(noise < threshold, 0, np.minimum(noise, 1))
    angle = random.uniform(-135, -45)
    falling = blur_along((255 * flakes).astype(np.uint8), radius, sigma, angle)[..., None] / 255
    gray = (dim_scene @ np.array([0.299, 0.587, 0.114]))[..., None]
    whitened = keep * dim_scene + (1 - keep) * np.maximum(dim_scene, 1.5 * gray + 0.5)
    expected = whitened + falling + falling[::-1, ::-1]
    found = weather.snow(dim_scene, density, spread, zoom, threshold, radius, sigma, keep, np.random.default_rng(SEED))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert falling.max() > 0.3


def test_frost_is_a_weighted_sum_of_image_and_ice(dim_scene):
    ice = weather.frost_texture(*dim_scene.shape[:2], np.random.default_rng(SEED))
    found = weather.frost(dim_scene, 0.7, 0.6, np.random.default_rng(SEED))
    np.testing.assert_allclose(found, 0.7 * dim_scene + 0.6 * ice, atol=1e-6)


def test_the_texture_of_frost_stays_what_it_is():
    """No other implementation has it; another texture would be another corruption."""
    texture = weather.frost_texture(96, 160, np.random.default_rng(0))
    thick = texture[..., 2]
    np.testing.assert_allclose(texture.mean((0, 1)), [0.47576, 0.52054, 0.55972], atol=1e-3)
    np.testing.assert_allclose(np.quantile(thick, [0.1, 0.5, 0.9]), [0.32316, 0.53683, 0.83771], atol=2e-3)
    grain = [np.abs(np.diff(thick, axis=axis)).mean() for axis in (0, 1)]
    np.testing.assert_allclose(grain, [0.08291, 0.09224], atol=1e-3)


def test_contrast_is_reduced_about_the_mean_of_each_channel(dim_scene):
    mean = dim_scene.astype(np.float64).mean((0, 1))
    found = photometric.reduce_contrast(dim_scene, 0.05)
    np.testing.assert_allclose(found, 0.95 * mean + 0.05 * dim_scene, atol=1e-7)
