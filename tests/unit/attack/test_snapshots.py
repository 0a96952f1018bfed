"""Snapshots of a run in one file."""

import pytest
import torch

from supcore.attack.snapshots import load_snapshots, save_snapshots
from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation


def noise(seed):
    return StereoPerturbation.random_signs((8, 16), (32, 64), 0.02, torch.Generator().manual_seed(seed))


def test_come_back_bit_for_bit_by_rising_step(tmp_path):
    save_snapshots(tmp_path / "s.safetensors", {100: noise(1), 20: noise(2)})
    loaded = load_snapshots(tmp_path / "s.safetensors")
    assert list(loaded) == [20, 100]
    for step, seed in ((20, 2), (100, 1)):
        assert torch.equal(loaded[step].left, noise(seed).left)
        assert torch.equal(loaded[step].right, noise(seed).right)
        assert (loaded[step].epsilon, loaded[step].image_size, loaded[step].train_step) == (0.02, (32, 64), step)


def test_there_may_be_none(tmp_path):
    save_snapshots(tmp_path / "s.safetensors", {})
    assert load_snapshots(tmp_path / "s.safetensors") == {}


def test_another_file_is_refused(tmp_path):
    noise(0).save(tmp_path / "sup.safetensors")
    with pytest.raises(SupError, match=r"sup\.safetensors: not a file of snapshots"):
        load_snapshots(tmp_path / "sup.safetensors")
