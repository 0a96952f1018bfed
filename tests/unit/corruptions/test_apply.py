"""What holds for every corruption, and how the faces answer to wrong arguments."""

import cv2
import numpy as np
import pytest
import torch

from supcore.corruptions import CORRUPTIONS, GROUPS, chosen_corruptions, corrupt, corrupt_pair
from supcore.errors import SupError

RANDOM = [name for name, entry in CORRUPTIONS.items() if entry.random]
# Glass blur, snow, frost and elastic deformation trade one parameter for another between severities, and the
# published motion blur only lengthens a tail of no weight.
MONOTONE = [
    "gaussian", "gaussian_noise", "shot_noise", "defocus_blur",
    *(f"imagenet_c_{name}" for name in (
        "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "motion_blur", "zoom_blur", "brightness",
        "contrast", "pixelate", "jpeg_compression",
    )),
]  # fmt: skip


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [(65, 97), (9, 8)])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_severity_gives_an_image_of_the_same_size(make_batch, name, size):
    image = make_batch(1, *size)[0]
    for severity in range(1, len(CORRUPTIONS[name].severities) + 1):
        result = corrupt(image, name, severity, generator=seeded())
        assert result.shape == image.shape
        assert result.dtype == torch.float32
        assert 0 <= result.min() <= result.max() <= 1  # also fails for NaN


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_batch_equals_its_images_one_after_the_other(make_batch, name):
    batch = make_batch(3, 33, 50)
    together, one_by_one = seeded(), seeded()
    result = corrupt(batch, name, generator=together)
    single = torch.stack([corrupt(image, name, generator=one_by_one) for image in batch])
    assert torch.equal(result, single)
    assert torch.equal(together.get_state(), one_by_one.get_state())


@pytest.mark.parametrize("name", RANDOM)
def test_the_seed_decides_the_draws(make_batch, name):
    image = make_batch(1, 33, 50)[0]
    first, again, other = (corrupt(image, name, generator=seeded(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_number_of_threads_does_not_matter(make_batch, name):
    image = make_batch(1, 256, 320)[0]
    before, results = (torch.get_num_threads(), cv2.getNumThreads()), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            cv2.setNumThreads(threads)
            results.append(corrupt(image, name, generator=seeded()))
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
    assert torch.equal(*results)


@pytest.mark.parametrize("name", RANDOM)
def test_images_of_a_batch_get_different_draws(make_batch, name):
    twins = make_batch(1, 33, 50).expand(2, -1, -1, -1)
    first, second = corrupt(twins, name, generator=seeded())
    assert not torch.equal(first, second)


def test_many_images_all_get_different_draws(make_batch):
    twins = make_batch(1, 8, 9).expand(200, -1, -1, -1)
    corrupted = corrupt(twins, "gaussian_noise", 6, generator=seeded())
    assert len({image.numpy().tobytes() for image in corrupted}) == 200


@pytest.mark.parametrize("name", sorted(set(CORRUPTIONS) - set(RANDOM)))
def test_deterministic_corruptions_leave_the_generator_alone(make_batch, name):
    image, generator = make_batch(1, 33, 50)[0], seeded()
    assert torch.equal(corrupt(image, name, generator=generator), corrupt(image, name))
    assert torch.equal(generator.get_state(), seeded().get_state())


@pytest.mark.parametrize("name", MONOTONE)
def test_a_higher_severity_changes_the_image_more(make_batch, name):
    image = make_batch(1, 96, 160)[0]
    changes = [
        float((corrupt(image, name, severity, generator=seeded()) - image).abs().mean())
        for severity in range(1, len(CORRUPTIONS[name].severities) + 1)
    ]
    assert changes == sorted(set(changes))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_no_severity_means_the_default_one(make_batch, name):
    image = make_batch(1, 33, 50)[0]
    default = corrupt(image, name, CORRUPTIONS[name].default_severity, generator=seeded())
    assert torch.equal(corrupt(image, name, generator=seeded()), default)


def test_the_image_itself_stays_and_its_layout_does_not_matter(make_batch):
    image = make_batch(1, 40, 60)[0].double()
    turned = image.transpose(1, 2).contiguous().transpose(1, 2).requires_grad_()
    result = corrupt(turned, "gaussian")
    assert torch.equal(turned.detach(), image)
    assert torch.equal(result, corrupt(image.float(), "gaussian"))
    assert not result.requires_grad


def test_an_empty_batch_stays_empty():
    assert corrupt(torch.zeros(0, 3, 8, 8), "jpeg").shape == (0, 3, 8, 8)


@pytest.mark.parametrize("name", RANDOM)
def test_both_views_are_drawn_independently_unless_shared(make_batch, name):
    views = make_batch(1, 33, 50)[0]
    left, right = corrupt_pair(views, views, name, generator=seeded())
    assert not torch.equal(left, right)
    left, right = corrupt_pair(views, views, name, generator=seeded(), shared_draws=True)
    assert torch.equal(left, right)


@pytest.mark.parametrize("shared", [False, True])
def test_a_batch_of_pairs_equals_its_pairs_one_after_the_other(make_batch, shared):
    lefts, rights = make_batch(4, 33, 50).split(2)
    together, one_by_one = seeded(), seeded()
    result = corrupt_pair(lefts, rights, "gaussian_noise", 3, generator=together, shared_draws=shared)
    single = [
        corrupt_pair(left, right, "gaussian_noise", 3, generator=one_by_one, shared_draws=shared)
        for left, right in zip(lefts, rights, strict=True)
    ]
    for view, views in zip(result, zip(*single, strict=True), strict=True):
        assert torch.equal(view, torch.stack(views))


def test_independent_views_equal_two_calls(make_batch):
    left, right = make_batch(2, 33, 50)
    generator = seeded()
    calls = [corrupt(view, "motion_blur", generator=generator) for view in (left, right)]
    assert all(map(torch.equal, corrupt_pair(left, right, "motion_blur", generator=seeded()), calls))


def test_an_unknown_corruption_is_answered_with_the_known_ones():
    """The plain impulse noise has no code in the release, where it silently does nothing."""
    for name in ("impulse_noise", "shotnoise"):
        with pytest.raises(SupError, match=rf"unknown corruption '{name}'.*shot_noise.*imagenet_c_impulse_noise"):
            corrupt(torch.zeros(3, 8, 8), name)


@pytest.mark.parametrize("severity", [0, 6, -1, 1.5])
def test_a_severity_outside_the_list_is_refused(severity):
    with pytest.raises(SupError, match=rf"shot_noise: severity {severity} is not in 1 to 5"):
        corrupt(torch.zeros(3, 8, 8), "shot_noise", severity, generator=seeded())


@pytest.mark.parametrize("name", RANDOM)
def test_a_random_corruption_asks_for_its_generator(name):
    with pytest.raises(SupError, match=f"{name} is random; pass generator="):
        corrupt(torch.zeros(3, 8, 8), name)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (torch.zeros(8, 8, 3), "needs 3×H×W"),
        (torch.zeros(8, 8), "needs 3×H×W"),
        (torch.zeros(3, 8, 0), "needs 3×H×W"),
        (torch.zeros(3, 8, 8, dtype=torch.uint8), "floating point"),
        (torch.full((3, 8, 8), 255.0), r"in \[0, 1\]"),
        (torch.full((3, 8, 8), -0.1), r"in \[0, 1\]"),
        (torch.full((3, 8, 8), np.nan), r"in \[0, 1\]"),
        (np.zeros((8, 8, 3), np.float32), "is a numpy ndarray"),
    ],
)
def test_anything_but_unit_range_images_is_refused(image, message):
    with pytest.raises(SupError, match=message):
        corrupt(image, "jpeg")


def test_views_of_different_shapes_are_refused():
    with pytest.raises(SupError, match="views differ in shape"):
        corrupt_pair(torch.zeros(3, 8, 8), torch.zeros(3, 8, 9), "jpeg")


def test_a_listed_name_that_does_not_exist_is_one_line():
    """A study's list is checked before the first image is corrupted."""
    with pytest.raises(SupError, match=r"unknown corruption 'gama'; known: jpeg"):
        chosen_corruptions(["jpeg", "gama"])
    assert chosen_corruptions("published") == GROUPS["published"]
