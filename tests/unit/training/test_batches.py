"""Batches: every pair once a pass, the same for any number of workers, shared without loss."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from supcore.data.dataset import StereoDataset
from supcore.data.loading import load
from supcore.errors import SupError
from supcore.training.batches import TrainingBatches, draw_batch, pass_indices
from supcore.training.processes import Share


@pytest.fixture
def sparse_pairs(pairs):
    """Without ground truth on the left."""
    sparse = [pairs[i] for i in range(len(pairs))]
    return [replace(pair, disparity=pair.disparity * (torch.arange(pair.disparity.shape[-1]) > 30)) for pair in sparse]


def test_every_pair_comes_once_a_pass_in_an_order_of_its_own(passes):
    options = passes(batch=4, epochs=2)
    steps = [pass_indices(10, options, step) for step in range(6)]
    assert [len(step) for step in steps] == [4, 4, 2] * 2
    first, second = (np.concatenate(steps[k : k + 3]).tolist() for k in (0, 3))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_random_draws_come_with_replacement(pairs, passes):
    options = passes(epochs=None, steps=1, batch=60)
    left, _, disparity = draw_batch(pairs, options, 0)
    assert len(left) == 60
    assert max(Counter(disparity[:, 0, 0, 0].tolist()).values()) > 10  # six pairs, so many come often


@pytest.mark.parametrize("length", [{"epochs": 2}, {"epochs": None, "steps": 3}])
def test_workers_change_nothing(pairs, passes, length):
    batches = TrainingBatches(pairs, passes(**length))
    alone, helped = (list(load(batches, range(3), workers=workers)) for workers in (0, 2))
    for a, b in zip(alone, helped, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("length", [{"epochs": 2}, {"epochs": None, "steps": 3}])
def test_shares_of_processes_are_the_batch(pairs, passes, length):
    options = passes(batch=3, **length)
    options = replace(options, augmentation=replace(options.augmentation, input_diversity=0.5))
    for step in range(3):
        whole = draw_batch(pairs, options, step)
        shares = [draw_batch(pairs, options, step, Share(rank, 2)) for rank in (0, 1)]
        for rank, share in enumerate(shares):
            assert all(torch.equal(part, all_[rank::2]) for part, all_ in zip(share, whole, strict=True))


def test_a_last_batch_too_small_for_the_processes_is_an_error(make_pairs, passes):
    options = passes(batch=2)
    with pytest.raises(SupError, match="last batch of a pass has 1 of 3 pairs, too few for 2 processes"):
        draw_batch(make_pairs(3), options, 1, Share(1, 2))


def test_targets_from_the_largest_on_do_not_count(pairs, passes):
    disparities = draw_batch(pairs, passes(batch=6, epochs=1), 0)[2]
    values = sorted(set(disparities.unique().tolist()))
    limit = values[len(values) // 2]
    limited = draw_batch(pairs, passes(batch=6, epochs=1, max_target=limit), 0)[2]
    assert torch.equal(limited, torch.where(disparities < limit, disparities, 0))
    assert 0 < (limited > 0).sum() < limited.numel()


def test_ground_truth_of_zero_counts_if_asked(sparse_pairs, passes):
    """Of zero, and where input diversity pads it does not."""
    options = passes(batch=6, epochs=1)
    plain = draw_batch(sparse_pairs, options, 0)[2]
    counted = draw_batch(sparse_pairs, replace(options, zero_is_truth=True), 0)[2]
    assert 0 < (plain == 0).sum() < plain.numel()
    assert (counted > 0).all()
    torch.testing.assert_close(counted, plain, atol=1e-5, rtol=0)
    padded = replace(options, augmentation=replace(options.augmentation, input_diversity=1.0))
    assert (draw_batch(sparse_pairs, replace(padded, zero_is_truth=True), 0)[2] == 0).any()


def test_whole_images_of_different_sizes_are_an_error_that_names_the_keys(make_samples, passes):
    samples = make_samples(1) + make_samples(1, size=(40, 80))
    options = passes(augmentation=replace(passes().augmentation, crop_size=None))
    with pytest.raises(SupError, match="crop_size, or image_size"):
        draw_batch(StereoDataset(samples), options, 0)
