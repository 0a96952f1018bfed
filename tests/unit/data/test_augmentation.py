"""Augmentation keeps left and right consistent and the disparity true."""

import numpy as np
import pytest
import torch

from supcore.data.augmentation import AugmentationOptions, augment, shrink_and_pad
from supcore.data.dataset import StereoPair, to_unit_range
from supcore.errors import SupError

HEIGHT, WIDTH = 12, 20
GEOMETRY_ONLY = {"color": 0, "view_color": 0, "noise": 0}


@pytest.fixture
def pair():
    """Every pixel has its own value, the same in both views and in the disparity."""
    code = torch.arange(HEIGHT * WIDTH).view(1, HEIGHT, WIDTH)
    view = code.expand(3, -1, -1).to(torch.uint8).contiguous()
    return StereoPair(view, view.clone(), code.float(), torch.full_like(code, 255).to(torch.uint8))


def run(pair, seed, crop=(6, 9), **options):
    return augment(pair, AugmentationOptions(crop, **options), np.random.default_rng(seed))


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_views_and_disparity_are_cropped_and_flipped_alike(pair, flip):
    """Otherwise rows no longer correspond, and the disparity belongs to another place."""
    corners = set()
    for seed in range(30):
        left, right, disparity = run(pair, seed, vertical_flip=flip, **GEOMETRY_ONLY)
        assert left.shape == right.shape == (3, 6, 9)
        assert disparity.shape == (1, 6, 9)
        assert torch.equal(left, right)
        torch.testing.assert_close(left[:1], disparity / 255, atol=1e-6, rtol=0)
        steps = disparity[0, 1:] - disparity[0, :-1]
        assert torch.equal(steps, torch.full_like(steps, -WIDTH if flip else WIDTH))
        assert torch.equal(disparity[0, 0] - disparity[0, 0, 0], torch.arange(9.0))
        corners.add(float(disparity.min()))
    assert len(corners) > 10


def test_crops_reach_every_border(pair):
    windows = [run(pair, seed, vertical_flip=0, **GEOMETRY_ONLY)[2] for seed in range(400)]
    assert min(float(w.min()) for w in windows) == 0
    assert max(float(w.max()) for w in windows) == HEIGHT * WIDTH - 1


def test_crops_may_leave_out_the_last_row_and_column(pair):
    """As those of the release's fine-tuning; a side without room has one offset anyway."""
    options = {"vertical_flip": 0, "skip_last_offset": True, **GEOMETRY_ONLY}
    ends = {divmod(int(run(pair, seed, **options)[2].max()), WIDTH) for seed in range(400)}
    assert tuple(map(max, zip(*ends, strict=True))) == (HEIGHT - 2, WIDTH - 2)
    assert torch.equal(run(pair, 0, crop=(HEIGHT, WIDTH), **options)[2], pair.disparity)


def test_crop_of_the_whole_image_is_the_image(pair):
    left, _, disparity = run(pair, 0, crop=(HEIGHT, WIDTH), vertical_flip=0, **GEOMETRY_ONLY)
    torch.testing.assert_close(left, to_unit_range(pair.left), atol=1e-6, rtol=0)
    assert torch.equal(disparity, pair.disparity)


def test_flips_happen_about_as_often_as_asked(pair):
    flipped = [bool(d[0, 0, 0] > d[0, 1, 0]) for *_, d in (run(pair, seed, **GEOMETRY_ONLY) for seed in range(200))]
    assert 60 < sum(flipped) < 140


def test_color_is_changed_alike_in_both_views_and_never_the_disparity(pair):
    left, right, disparity = run(pair, 3, crop=(HEIGHT, WIDTH), vertical_flip=0, view_color=0, noise=0)
    assert torch.equal(left, right)
    assert not torch.allclose(left, to_unit_range(pair.left), atol=0.02)
    assert torch.equal(disparity, pair.disparity)


def photometry_by_hand(images, options, random):
    """Gains and contrast about the mean, first the change that both views share, then each view's own and noise."""

    def factors(strength):
        brightness, contrast = random.uniform(1 - strength, 1 + strength, 2)
        return brightness * random.uniform(1 - strength / 2, 1 + strength / 2, 3), contrast

    def changed(image, gain, contrast):
        return (image.mean() + contrast * (image - image.mean())) * gain[:, None, None]

    shared, results = factors(options.color), []
    for image in images:
        image = changed(changed(image, *shared), *factors(options.view_color))
        sigma = random.uniform(0, options.noise)
        results.append(np.clip(image + random.normal(0, sigma, image.shape), 0, 1))
    return results


@pytest.mark.parametrize(
    "strengths", [(0.3, 0.03, 0.0), (0.0, 0.2, 0.1), (0.2, 0.0, 0.0), (0.0, 0.2, 0.0), (0.0, 0.0, 0.05)]
)
def test_colors_and_noise_follow_their_strengths(strengths):
    options = AugmentationOptions(None, 0.0, False, *strengths)
    views = np.random.default_rng(0).integers(60, 200, (2, 3, HEIGHT, WIDTH), dtype=np.uint8)
    empty = torch.zeros(1, HEIGHT, WIDTH)
    found = augment(StereoPair(*torch.from_numpy(views), empty, empty), options, np.random.default_rng(8))
    random = np.random.default_rng(8)
    random.integers(1, size=2)  # the place of a crop that is the whole image
    for view, expected, clean in zip(found, photometry_by_hand(views / 255, options, random), views, strict=False):
        np.testing.assert_allclose(view, expected, atol=1e-6)
        assert np.abs(expected - clean / 255).max() > 0.01


def test_noise_is_independent_in_the_views(pair):
    gray = torch.full_like(pair.left, 128)
    left, right, _ = run(
        StereoPair(gray, gray, pair.disparity, pair.classes), 3, vertical_flip=0, color=0, view_color=0, noise=0.1
    )
    a, b = (left - 128 / 255).flatten(), (right - 128 / 255).flatten()
    assert a.std() > 0
    assert abs(float(torch.corrcoef(torch.stack((a, b)))[0, 1])) < 0.3


def test_result_is_float32_in_the_unit_range(pair):
    for seed in range(20):
        left, right, disparity = run(pair, seed, color=0.9, noise=0.5)
        for view in (left, right):
            assert view.dtype == torch.float32
            assert view.min() >= 0
            assert view.max() <= 1
        assert disparity.dtype == torch.float32


def test_seeded(pair):
    first, again, other = (run(pair, seed) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_pair_itself_is_not_changed(pair):
    before = pair.left.clone(), pair.disparity.clone()
    run(pair, 0)
    assert torch.equal(pair.left, before[0])
    assert torch.equal(pair.disparity, before[1])


@pytest.mark.parametrize("crop", [(HEIGHT + 1, 9), (6, WIDTH + 1)])
def test_crop_larger_than_the_images_is_an_error_that_names_the_key(pair, crop):
    with pytest.raises(
        SupError, match=rf"training crop {crop[0]}x{crop[1]} is larger than the images, 12x20.*crop_size"
    ):
        run(pair, 0, crop=crop)


def test_no_crop_size_keeps_whole_images(pair):
    left, _, disparity = run(pair, 0, crop=None, vertical_flip=0, **GEOMETRY_ONLY)
    assert torch.equal(left, to_unit_range(pair.left))
    assert torch.equal(disparity, pair.disparity)


@pytest.mark.parametrize(
    ("probability", "inverted", "share"), [(1, False, 1), (1, True, 0), (0, True, 1), (0, False, 0)]
)
def test_flips_follow_either_reading_of_their_probability(pair, probability, inverted, share):
    """The release's 1 means never."""
    options = {"vertical_flip": probability, "inverted_flip": inverted}
    flipped = [bool(d[0, 0, 0] > d[0, 1, 0]) for *_, d in (run(pair, k, **options, **GEOMETRY_ONLY) for k in range(20))]
    assert sum(flipped) == 20 * share


class TestShrinkAndPad:
    """Two images of 40×60: a horizontal ramp that is its own disparity, and nothing else."""

    height, width = 40, 60

    @pytest.fixture
    def batch(self):
        ramp = torch.linspace(0.5, 1, self.width).expand(2, 1, self.height, -1)
        return ramp.expand(-1, 3, -1, -1).contiguous(), ramp.expand(-1, 3, -1, -1).contiguous(), 100 * ramp

    def run(self, batch, seed, probability=1.0):
        options = AugmentationOptions(None, input_diversity=probability)
        return shrink_and_pad(*batch, options, np.random.default_rng(seed))

    def test_sizes_are_between_90_and_100_percent_and_places_vary(self, batch):
        sizes, corners = set(), set()
        for seed in range(300):
            rows, columns = (self.run(batch, seed)[2][0, 0] > 0).nonzero().T
            sizes.add((int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1))
            corners.add((int(rows.min()), int(columns.min())))
        heights, widths = zip(*sizes, strict=True)
        assert (min(heights), max(heights)) == (36, 40)
        assert (min(widths), max(widths)) == (54, 60)
        assert len(corners) > 10

    def test_the_smallest_size_is_rounded_down(self):
        """460 of 512 px, as in the release."""
        batch = torch.rand(1, 3, 4, 512), torch.rand(1, 3, 4, 512), torch.ones(1, 1, 4, 512)
        widths = {int((self.run(batch, seed)[2] > 0).any(-2).sum()) for seed in range(600)}
        assert (min(widths), max(widths)) == (460, 512)

    def test_views_stay_together_and_disparities_follow_the_width(self, batch):
        for seed in range(20):
            left, right, disparity = self.run(batch, seed)
            assert torch.equal(left, right)
            assert torch.equal(disparity[0], disparity[1])  # one draw serves the batch
            columns = (disparity[0, 0] > 0).any(0).nonzero().flatten()
            ratio = len(columns) / self.width
            inside = disparity[0, 0].amax(0)[columns]
            assert inside.max() <= 100 * ratio + 1e-4
            assert inside.min() == pytest.approx(50 * ratio, abs=1e-3)
            # Bilinear images and nearest disparities differ by at most a pixel of the ramp.
            torch.testing.assert_close(left[0, 0].amax(0)[columns] * 100 * ratio, inside, atol=1.5, rtol=0)

    def test_padding_is_the_mean_color_and_no_ground_truth(self, batch):
        left, _, disparity = self.run(batch, 1)
        padded = (disparity == 0).expand_as(left)
        assert padded.any()
        mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1).expand_as(left)
        assert torch.equal(left[padded], mean[padded])

    def test_happens_as_often_as_asked(self, batch):
        changed = [not torch.equal(self.run(batch, seed, 0.3)[0], batch[0]) for seed in range(400)]
        assert 80 < sum(changed) < 160
        assert all(torch.equal(a, b) for a, b in zip(self.run(batch, 0, 0.0), batch, strict=True))

    def test_batch_itself_is_not_changed(self, batch):
        before = [tensor.clone() for tensor in batch]
        self.run(batch, 1)
        assert all(torch.equal(a, b) for a, b in zip(before, batch, strict=True))
