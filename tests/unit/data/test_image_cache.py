"""The cache of resized images: the same bytes as decoding gives, and never those of other pairs."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from supcore.data.dataset import StereoDataset
from supcore.data.image_cache import CachedStereoDataset, open_pairs, verify_cache, write_cache
from supcore.data.image_io import write_image
from supcore.data.manifest import write_manifest
from supcore.errors import SupError

SIZE = (16, 32)


@pytest.fixture(scope="module")
def samples(make_samples):
    """Ten pairs, more than one batch; one lacks ground truth."""
    return make_samples(10, without_truth=(3,))


@pytest.fixture
def cache(tmp_path, samples):
    write_cache(samples, SIZE, tmp_path / "cache")
    return tmp_path / "cache"


def contents(pair):
    arrays = [getattr(pair, name).numpy() for name in ("left", "right", "disparity", "classes")]
    return [(array.dtype, array.shape, array.tobytes()) for array in arrays]


def assert_same_pairs(cached, decoded):
    assert len(cached) == len(decoded)
    assert cached.samples == decoded.samples
    for index in range(len(decoded)):
        assert contents(cached[index]) == contents(decoded[index])


def refused(reason, folder, *arguments):
    with pytest.raises(SupError, match=reason) as caught:
        CachedStereoDataset(folder, *arguments)
    assert str(caught.value).startswith(f"{folder}: ")
    assert str(caught.value).endswith("; delete the folder and run again")


def test_cached_pairs_equal_decoded_ones_byte_by_byte(cache, samples):
    assert_same_pairs(CachedStereoDataset(cache, samples, SIZE), StereoDataset(samples, SIZE))
    assert not (cache / "classes.npy").exists()


def test_class_maps_are_cached_where_there_are_any(tmp_path, samples):
    write_image(tmp_path / "classes.png", (np.arange(32 * 64) % 19).astype(np.uint8).reshape(32, 64))
    mixed = [replace(samples[0], disparity="", segmentation=str(tmp_path / "classes.png")), replace(samples[3])]
    write_cache(mixed, SIZE, tmp_path / "cache")
    assert_same_pairs(CachedStereoDataset(tmp_path / "cache", mixed, SIZE), StereoDataset(mixed, SIZE))
    assert not (tmp_path / "cache/disparity.npy").exists()


def test_workers_change_nothing(tmp_path, cache, samples):
    write_cache(samples, SIZE, tmp_path / "other", workers=2)
    for file in cache.iterdir():
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()


def test_a_cache_of_other_pairs_or_another_size_is_refused(cache, samples):
    refused("made with another number of pairs", cache, samples[:9], SIZE)
    refused("made with another list of pairs", cache, samples[::-1], SIZE)
    refused("made with another image size", cache, samples, (32, 16))


def test_an_unfinished_or_damaged_cache_is_refused(cache, samples):
    left = cache / "left.npy"
    whole = left.read_bytes()
    left.write_bytes(whole[:-1])
    refused(r"left\.npy is missing or truncated", cache, samples, SIZE)
    np.save(left, np.zeros((10, 3, 32, 16), np.uint8))
    refused(r"left\.npy is uint8 \(10, 3, 32, 16\), not uint8 \(10, 3, 16, 32\)", cache, samples, SIZE)
    left.unlink()
    refused(r"left\.npy is missing or truncated", cache, samples, SIZE)
    (cache / "cache.json").write_text("{")
    refused(r"cache\.json is missing or damaged", cache, samples, SIZE)
    (cache / "cache.json").write_text("[" * 100_000)
    refused(r"cache\.json is missing or damaged", cache, samples, SIZE)
    (cache / "cache.json").write_text(json.dumps({"sha256": {"n" * 300: ""}}))
    refused(r"cache\.json is damaged", cache, samples, SIZE)
    (cache / "cache.json").write_text("[]")
    refused(r"cache\.json is damaged", cache, samples, SIZE)


def test_an_array_of_objects_is_not_unpickled(cache, samples, trap):
    np.save(cache / "left.npy", np.array([trap] * 10, dtype=object), allow_pickle=True)
    refused(r"left\.npy is missing or truncated", cache, samples, SIZE)
    assert not trap.sprung.exists()


def test_verification_finds_a_changed_byte(cache, samples):
    verify_cache(cache)
    content = bytearray((cache / "right.npy").read_bytes())
    content[-1] ^= 1
    (cache / "right.npy").write_bytes(content)
    CachedStereoDataset(cache, samples, SIZE)  # sizes and shapes are still right
    with pytest.raises(SupError, match=r"right\.npy is missing or damaged; delete the folder"):
        verify_cache(cache)


def test_a_bad_image_is_named_and_leaves_no_usable_cache(cache, samples, tmp_path):
    broken = replace(samples[9], right=str(tmp_path / "gone.png"))
    with pytest.raises(SupError, match=r"gone\.png: image not found"):
        write_cache([*samples[:9], broken], SIZE, cache)
    refused(r"cache\.json is missing", cache, samples, SIZE)
    assert not list(cache.glob(".*"))


def test_a_pickled_data_set_opens_the_cache_anew(cache, samples):
    """As worker processes that are not forked do; the pickle does not hold the images."""
    pickled = pickle.dumps(CachedStereoDataset(cache, samples, SIZE))
    assert len(pickled) < (cache / "left.npy").stat().st_size
    assert_same_pairs(pickle.loads(pickled), StereoDataset(samples, SIZE))  # noqa: S301


def test_pairs_of_a_manifest_with_and_without_cache(cache, samples, tmp_path):
    columns = ("left", "right", "disparity")
    write_manifest(tmp_path / "m.csv", [{name: getattr(sample, name) for name in columns} for sample in samples])
    cached = open_pairs(tmp_path / "m.csv", SIZE, cache, keep_in_memory=True)
    assert isinstance(cached, CachedStereoDataset)
    assert_same_pairs(cached, open_pairs(tmp_path / "m.csv", SIZE))
    remembering = open_pairs(tmp_path / "m.csv", SIZE, keep_in_memory=True)
    assert remembering[0] is remembering[0]


def test_cache_description_is_readable(cache):
    described = json.loads((cache / "cache.json").read_text(encoding="utf-8"))
    assert (described["image_size"], described["number_of_pairs"]) == ([16, 32], 10)
    assert set(described["sha256"]) == {"left", "right", "disparity"}
