"""Stereo pairs at the working size: equal to the release's loader, checked file by file."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from supcore.data.dataset import StereoDataset, load_pair, resize_disparity, resize_image, stack_pairs, to_unit_range
from supcore.data.image_cache import CachedStereoDataset, write_cache
from supcore.data.image_io import write_disparity, write_image
from supcore.data.manifest import CROP, StereoSample
from supcore.errors import SupError


@pytest.fixture(scope="module")
def stored(golden):
    return np.load(golden / "data_loading.npz")


@pytest.fixture(scope="module")
def release_sample(golden):
    folder = golden / "files"
    return StereoSample(*(str(folder / f"{name}.png") for name in ("rgb", "rgb_right", "disp16")))


@pytest.fixture
def sample(make_samples):
    return make_samples(1)[0]


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("size", [(32, 48), (37, 53)])
def test_loader_equals_the_release_byte_by_byte(release_sample, stored, size, cached, tmp_path):
    if cached:
        write_cache([release_sample], size, tmp_path)
        (pair,) = CachedStereoDataset(tmp_path, [release_sample], size)
    else:
        (pair,) = StereoDataset([release_sample], size)
    for name, tensor in (("image0", pair.left), ("image1", pair.right), ("ground_truth", pair.disparity)):
        expected = stored[f"StereoDataset__{size[0]}x{size[1]}__{name}"]
        assert tensor.numpy().dtype == expected.dtype
        assert tensor.numpy().tobytes() == expected.tobytes()


def test_missing_ground_truth_is_zero_as_in_the_release(release_sample, stored):
    pair = load_pair(StereoSample(release_sample.left, release_sample.right), (32, 48))
    np.testing.assert_array_equal(pair.disparity.numpy(), stored["StereoDataset_nogt__32x48__ground_truth"])
    assert pair.left.numpy().tobytes() == stored["StereoDataset_nogt__32x48__image0"].tobytes()


def test_stored_size_is_kept_without_an_image_size(release_sample, stored):
    pair = load_pair(release_sample)
    assert pair.left.permute(1, 2, 0).numpy().tobytes() == stored["load_image__rgb__norm0__HWC"].tobytes()
    assert pair.disparity.numpy().tobytes() == stored["load_disparity__disp16__HWC"].tobytes()


@pytest.mark.parametrize("size", [(32, 48), (50, 70)])
def test_image_resizing_equals_the_release(stored, size):
    """Lanczos on 8 bit, smaller and larger."""
    image = stored["load_image__rgb__norm0__HWC"]
    expected = stored[f"resize__uint8CHW__lanczos__{size[0]}x{size[1]}"].transpose(1, 2, 0)
    np.testing.assert_array_equal(resize_image(image, size), expected)


@pytest.mark.parametrize("size", [(32, 48), (50, 70)])
def test_disparity_resizing_is_nearest_and_scales_with_the_width(stored, size):
    disparity = stored["load_disparity__disp16__HWC"][..., 0]
    nearest = stored[f"resize__dispCHW__nearest__{size[0]}x{size[1]}"][0]
    resized = resize_disparity(disparity, size)
    assert resized.dtype == np.float32
    np.testing.assert_array_equal(resized, nearest * np.float32(size[1] / disparity.shape[1]))


@pytest.mark.parametrize("factor", [2, 3])
def test_disparity_measured_in_a_resized_pair_shrinks_with_the_width(tmp_path, factor):
    """On a ramp of 3 levels a column, a disparity of 6 px shows as a difference of 18 levels between the views."""
    slope, disparity = 3, 6
    ramp = np.repeat(slope * np.arange(66)[None, :, None], 12, axis=0).repeat(3, axis=2).astype(np.uint8)
    write_image(tmp_path / "left.png", ramp[:, :60])
    write_image(tmp_path / "right.png", ramp[:, 6:])
    write_disparity(tmp_path / "disparity.png", np.full((12, 60), disparity, np.float32))
    sample = StereoSample(*(str(tmp_path / f"{name}.png") for name in ("left", "right", "disparity")))
    pair = load_pair(sample, (12, 60 // factor))
    inner = np.s_[0, :, 3:-3]  # the filter meets the border outside
    left, right = (view.numpy().astype(float)[inner] for view in (pair.left, pair.right))
    columns = np.arange(left.shape[1])
    fitted_slope = np.polyfit(columns, left.mean(axis=0), 1)[0]
    measured = (right - left).mean() / fitted_slope
    assert measured == pytest.approx(disparity / factor, rel=0.02)
    np.testing.assert_allclose(pair.disparity.numpy(), disparity / factor, rtol=1e-6)


@pytest.mark.parametrize("size", [(32, 48), (50, 70)])
def test_class_maps_are_resized_as_the_release_does(tmp_path, release_sample, stored, size):
    write_image(tmp_path / "classes.png", stored["load_image__rgb__norm0__HWC"][..., 0] % 19)
    sample = replace(release_sample, segmentation=str(tmp_path / "classes.png"))
    expected = stored[f"resize__uint8CHW__nearest__{size[0]}x{size[1]}"][:1] % 19
    np.testing.assert_array_equal(load_pair(sample, size).classes.numpy(), expected)


def test_a_pair_that_is_cut_keeps_its_pixels_and_disparities(make_samples, tmp_path):
    """In the ground truth and the mask of what both cameras see, too; at its own size it is whole."""
    mask = np.zeros((32, 64), np.uint8)
    mask[3, 5] = 255
    Image.fromarray(mask).save(tmp_path / "seen.png")
    sample = replace(make_samples(1)[0], visible=str(tmp_path / "seen.png"))
    cut = replace(sample, fit=CROP)
    whole, part = load_pair(sample), load_pair(cut, (24, 40))
    for name in ("left", "right", "disparity", "classes"):
        assert torch.equal(getattr(part, name), getattr(whole, name)[:, :24, :40]), name
    assert torch.equal(load_pair(cut).left, whole.left)
    assert StereoDataset([cut], (24, 40)).visible(0).nonzero().tolist() == [[0, 3, 5]]
    resized, kept = (StereoDataset([which], (24, 40)).identity() for which in (sample, cut))
    assert resized != kept


def test_a_pair_that_is_too_small_to_be_cut_is_named(make_samples):
    sample = replace(make_samples(1)[0], fit=CROP)
    for size in ((33, 64), (32, 65)):
        with pytest.raises(SupError, match=rf"{sample.left}: is 64x32 px, too small to cut {size[1]}x{size[0]}"):
            load_pair(sample, size)


@pytest.mark.parametrize("name", ["rgb", "gray", "rgba"])
def test_unit_range_equals_the_release(stored, name):
    image = torch.from_numpy(stored[f"load_image__{name}__norm0__HWC"]).permute(2, 0, 1)
    assert to_unit_range(image).numpy().tobytes() == stored[f"load_image__{name}__norm1__CHW"].tobytes()


def test_classes_are_resized_by_nearest_and_255_without_a_map(tmp_path, sample):
    ids = np.arange(32, dtype=np.uint8).reshape(4, 8) % 19
    classes = np.repeat(np.repeat(ids, 8, axis=0), 8, axis=1)
    write_image(tmp_path / "classes.png", classes)
    pair = load_pair(StereoSample(sample.left, sample.right, segmentation=str(tmp_path / "classes.png")), (16, 32))
    np.testing.assert_array_equal(pair.classes[0].numpy(), classes[::2, ::2])
    assert load_pair(sample, (16, 32)).classes.unique().tolist() == [255]


@pytest.mark.parametrize("column", ["right", "disparity", "segmentation"])
def test_file_of_another_size_than_the_left_image_is_named(tmp_path, sample, column):
    path = str(tmp_path / "odd.png")
    if column == "disparity":
        write_disparity(path, np.ones((30, 64)))
    else:
        write_image(path, np.zeros((30, 64, 3)[: 3 if column == "right" else 2], np.uint8))
    odd = StereoSample(**{"left": sample.left, "right": sample.right, column: path})
    with pytest.raises(SupError, match=r"odd\.png: is 64x30 px, its left image 64x32; pair the files again"):
        load_pair(odd, (16, 32))


@pytest.mark.parametrize("column", ["left", "right", "disparity", "segmentation"])
def test_missing_file_is_named(tmp_path, sample, column):
    gone = StereoSample(**{"left": sample.left, "right": sample.right, column: str(tmp_path / "gone.png")})
    with pytest.raises(SupError, match=r"gone\.png: .* not found; check the data root"):
        load_pair(gone)


def test_memory_gives_the_same_pairs_without_the_files(tmp_path, make_samples):
    samples = make_samples(2)
    moved = []
    for number, sample in enumerate(samples):
        files = []
        for name in ("left", "right", "disparity"):
            path = tmp_path / f"{number}{name}.png"
            shutil.copyfile(getattr(sample, name), path)
            files.append(str(path))
        moved.append(StereoSample(*files))
    remembering = StereoDataset(moved, (16, 32), keep_in_memory=True)
    first = [remembering[i] for i in range(2)]
    for path in tmp_path.iterdir():
        path.unlink()
    reading = StereoDataset(samples, (16, 32))
    assert len(reading) == 2
    for index in range(2):
        assert remembering[index] is first[index]
        assert torch.equal(remembering[index].left, reading[index].left)
        assert torch.equal(remembering[index].disparity, reading[index].disparity)


def test_iteration_ends(make_pairs):
    """Without an end a loop over the pairs would not stop at their number."""
    assert len(list(make_pairs(3))) == 3


def test_stacked_pairs_keep_order_and_types(make_pairs):
    pairs = make_pairs(3)
    batch = stack_pairs([pairs[i] for i in (2, 0)])
    assert torch.equal(batch.left, torch.stack((pairs[2].left, pairs[0].left)))
    assert torch.equal(batch.right[1], pairs[0].right)
    assert batch.disparity.shape == (2, 1, 32, 64)
    assert (batch.left.dtype, batch.disparity.dtype, batch.classes.dtype) == (torch.uint8, torch.float32, torch.uint8)


def test_every_8_bit_value_comes_back_from_the_unit_range():
    """And equals the release's division in float32."""
    values = torch.arange(256, dtype=torch.uint8)
    unit = to_unit_range(values)
    np.testing.assert_array_equal(unit.numpy(), np.arange(256, dtype=np.float32) / np.float32(255))
    assert torch.equal((unit * 255).to(torch.uint8), values)
