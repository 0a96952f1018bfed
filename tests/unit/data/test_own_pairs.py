"""Pairs of one's own: files that belong together, at the size that they have."""

import numpy as np
import pytest
import torch

from supcore.data import find_pairs, read_pair
from supcore.data.dataset import StereoDataset
from supcore.data.image_io import write_disparity, write_image
from supcore.data.own_pairs import cropped, whole_tiles
from supcore.errors import SupError


def write(path, height=20, width=30):
    values = np.arange(height * width * 3, dtype=np.int64).reshape(height, width, 3) % 256
    write_image(path, values.astype(np.uint8))
    return path


@pytest.fixture
def folders(tmp_path):
    """Makes left/ and right/ with files of these names."""

    def make(lefts, rights, truths=()):
        for folder, names in (("left", lefts), ("right", rights)):
            for name in names:
                write(tmp_path / folder / name)
        for name in truths:
            write_disparity(tmp_path / "truth" / name, np.ones((20, 30), np.float32))
        return tmp_path / "left", tmp_path / "right", *([tmp_path / "truth"] if truths else [])

    return make


def names(samples):
    return [tuple(file.rsplit("/", 1)[-1] for file in (s.left, s.right, s.disparity)) for s in samples]


def test_a_pair_is_read_as_networks_take_it(tmp_path):
    left, right = read_pair(write(tmp_path / "l.png"), write(tmp_path / "r.png"))
    assert left.shape == right.shape == (1, 3, 20, 30)
    assert left.dtype == torch.float32
    assert left[0, :, 0, 1].mul(255).tolist() == [3, 4, 5]  # RGB, as stored


def test_a_pair_is_resized_if_asked_for(tmp_path):
    files = (write(tmp_path / "l.png"), write(tmp_path / "r.png"))
    assert read_pair(*files, image_size=(10, 16))[1].shape == (1, 3, 10, 16)


def test_views_of_two_sizes_are_refused(tmp_path):
    with pytest.raises(SupError, match=r"r.png: is 31x20 px, its left image 30x20"):
        read_pair(write(tmp_path / "l.png"), write(tmp_path / "r.png", width=31))


def test_files_of_one_name_belong_together_whatever_their_suffix(folders):
    found = find_pairs(*folders(["b.png", "a.png", "._a.png"], ["a.webp", "b.png"], ["b.png", "a.png"]))
    assert names(found) == [("a.png", "a.webp", "a.png"), ("b.png", "b.png", "b.png")]


def test_files_of_the_same_digits_belong_together_whatever_their_order(folders):
    found = find_pairs(*folders(["left_2.png", "left_10.png"], ["10_R.png", "2_R.png"]))
    assert names(found) == [("left_10.png", "10_R.png", ""), ("left_2.png", "2_R.png", "")]


def test_two_files_are_one_pair_whatever_their_names(tmp_path):
    assert len(find_pairs(write(tmp_path / "a.png"), write(tmp_path / "b.png"))) == 1


@pytest.mark.parametrize(
    ("lefts", "rights", "message"),
    [
        (
            ["a.png", "b.png"],
            ["a.png"],
            r"right: its 1 files do not pair with the 2 of .*left \(b.png has no counterpart\)",
        ),
        (["a.png", "b.png"], ["a.png", "c.png"], "b.png has no counterpart"),
        (["l1.png", "l2.png"], ["r1.png", "r3.png"], "l1.png has no counterpart"),
        (["l1.png", "m1.png"], ["r1.png", "s1.png"], "no counterpart"),  # digits of two files are the same
        (["a.png"], ["a.txt.png", "b.png"], "its 2 files do not pair with the 1"),
    ],
)
def test_files_that_do_not_pair_are_named(folders, lefts, rights, message):
    with pytest.raises(SupError, match=message):
        find_pairs(*folders(lefts, rights))


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("place", ["", "shots [2]/"])
def test_patterns_find_pairs_in_one_folder_and_of_numbered_cameras(relative, place, tmp_path, monkeypatch):
    """As a layout's do; brackets in a folder's name are no pattern."""
    monkeypatch.chdir(tmp_path)
    for name in ("cam0_0007.png", "cam1_0007.png", "cam0_0012.png", "cam1_0012.png"):
        write(tmp_path / place / name)
    folder = place if relative else f"{tmp_path}/{place}"
    pairs = [("cam0_0007.png", "cam1_0007.png", ""), ("cam0_0012.png", "cam1_0012.png", "")]
    found = find_pairs(f"{folder}cam0_{{frame}}.png", f"{folder}cam1_{{frame}}.png")
    assert names(found) == pairs
    assert read_pair(found[0].left, found[0].right)[0].shape == (1, 3, 20, 30)
    assert names(find_pairs(f"{folder}cam0_*7.png", f"{folder}cam1_*7.png")) == pairs[:1]
    (tmp_path / place / "cam1_0012.png").unlink()
    with pytest.raises(SupError, match=r"cam1_0012\.png: is missing"):
        find_pairs(f"{folder}cam0_{{frame}}.png", f"{folder}cam1_{{frame}}.png")


def test_one_folder_as_both_views_is_refused(folders):
    """Every image would pair with itself, and every disparity be zero."""
    left, _ = folders(["a.png"], ["a.png"])
    with pytest.raises(SupError, match=f"^left and right are both {left}; name the folder or pattern of each"):
        find_pairs(left, left)


def test_a_folder_that_is_missing_or_empty_is_named(folders, tmp_path):
    left, _ = folders(["a.png"], ["a.png"])
    (tmp_path / "empty").mkdir()
    for place in ("nowhere", "empty"):
        with pytest.raises(SupError, match=rf"{place}: no \.png, .* files there; check the path"):
            find_pairs(left, tmp_path / place)


def test_pairs_are_cut_at_the_right_and_lower_border(folders, tmp_path):
    left, right = folders(["a.png", "b.png"], ["a.png", "b.png"])
    write(left / "b.png", 25, 18)
    write(right / "b.png", 25, 18)
    samples = find_pairs(left, right)
    assert whole_tiles(samples, (4, 8)) == (20, 16)
    pairs = StereoDataset(cropped(samples), (20, 16))
    whole = read_pair(samples[0].left, samples[0].right)
    assert torch.equal(pairs[0].views()[0], whole[0][..., :20, :16])
    assert pairs.identity() != StereoDataset(samples, (20, 16)).identity()
    with pytest.raises(SupError, match=r"b.png: is smaller than a tile of 4x20"):
        whole_tiles(samples, (4, 20))
