"""The constants of every corruption and severity, as a table of their own."""

import numpy as np
import pytest

from supcore.corruptions import CORRUPTIONS, GROUPS

# Parameters of severity 1, 2, … The release's corruptions; brightness and contrast are ranges of a factor.
PUBLISHED = {
    "jpeg": [(95,)],
    "gaussian": [(5, 1), (5, 2)],
    "quantization": [()],
    "brightness": [(0.8, 1.2)],
    "contrast": [(0.8, 1.2)],
    "gaussian_noise": [(0.01,), (0.04,), (0.06,), (0.08,), (0.09,), (0.1,)],
    "shot_noise": [(500,), (250,), (100,), (75,), (50,)],
    "pixelate": [(0.5,)],
    "defocus_blur": [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)],
    "motion_blur": [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)],
}
# ImageNet-C's. Lengths of the elastic deformation are in pixels of a 224×224 image.
IMAGENET_C = {
    "gaussian_noise": [(0.08,), (0.12,), (0.18,), (0.26,), (0.38,)],
    "shot_noise": [(60,), (25,), (12,), (5,), (3,)],
    "impulse_noise": [(0.03,), (0.06,), (0.09,), (0.17,), (0.27,)],
    "defocus_blur": [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)],
    "glass_blur": [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)],
    "motion_blur": [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)],
    "snow": [
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    ],
    "frost": [(1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)],
    "fog": [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)],
    "brightness": [(0.1,), (0.2,), (0.3,), (0.4,), (0.5,)],
    "contrast": [(0.4,), (0.3,), (0.2,), (0.1,), (0.05,)],
    "elastic_transform": [
        (488, 170.8, 24.4),
        (488, 19.52, 48.8),
        (12.2, 2.44, 4.88),
        (17.08, 2.44, 4.88),
        (29.28, 2.44, 4.88),
    ],
    "pixelate": [(0.6,), (0.5,), (0.4,), (0.3,), (0.25,)],
    "jpeg_compression": [(25,), (18,), (15,), (10,), (7,)],
}
SEVERITIES = PUBLISHED | {f"imagenet_c_{name}": severities for name, severities in IMAGENET_C.items()}
# Last factor, step and number of the zooms, which begin at 1.
ZOOMS = [(1.11, 0.01, 12), (1.15, 0.01, 16), (1.2, 0.02, 11), (1.24, 0.02, 13), (1.3, 0.03, 11)]
DETERMINISTIC = {
    "jpeg",
    "gaussian",
    "quantization",
    "pixelate",
    "defocus_blur",
    *(f"imagenet_c_{name}" for name in ("defocus_blur", "zoom_blur", "brightness", "contrast")),
    *(f"imagenet_c_{name}" for name in ("pixelate", "jpeg_compression")),
}


def test_the_tables_and_the_library_know_the_same_corruptions():
    assert set(CORRUPTIONS) == {*SEVERITIES, "imagenet_c_zoom_blur"}
    assert {name for name, entry in CORRUPTIONS.items() if not entry.random} == DETERMINISTIC


@pytest.mark.parametrize("name", SEVERITIES)
def test_every_severity_has_these_parameters(name):
    found = CORRUPTIONS[name].severities
    assert [len(parameters) for parameters in found] == [len(parameters) for parameters in SEVERITIES[name]]
    for parameters, expected in zip(found, SEVERITIES[name], strict=True):
        assert parameters == pytest.approx(expected, rel=1e-12)


def test_zooms_go_from_1_in_even_steps():
    for (factors,), (last, step, count) in zip(CORRUPTIONS["imagenet_c_zoom_blur"].severities, ZOOMS, strict=True):
        np.testing.assert_allclose(factors, 1 + step * np.arange(count), rtol=1e-12)
        assert factors[-1] == pytest.approx(last)


def test_default_severities():
    """The middle of ImageNet-C's five, and what the release has: its first but for the defocus blur."""
    expected = {name: 3 if name.startswith("imagenet_c_") else 1 for name in CORRUPTIONS} | {"defocus_blur": 5}
    assert {name: entry.default_severity for name, entry in CORRUPTIONS.items()} == expected


def test_groups_are_the_nine_of_the_plot_and_the_common_fifteen():
    assert GROUPS["published"] == tuple(name for name in PUBLISHED if name != "quantization")
    assert len(GROUPS["published"]) == 9
    assert set(GROUPS["common"]) == {f"imagenet_c_{name}" for name in (*IMAGENET_C, "zoom_blur")}
    assert len(GROUPS["common"]) == 15
