"""Ground truth in pixels of disparity, whatever the numbers of its file stand for."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from supcore.data import encodings
from supcore.data.dataset import pairs_digest
from supcore.data.ground_truth import read_ground_truth, read_visible
from supcore.data.image_io import read_disparity, read_mask
from supcore.data.manifest import StereoSample, read_manifest, write_manifest
from supcore.errors import SupError


@pytest.fixture
def sample(tmp_path):
    """Writes a map, and a mask if there is one, and makes a pair of them."""

    def make(values, encoding="", mask=None, name="map.png"):
        path = tmp_path / name
        np.save(path, values) if path.suffix == ".npy" else Image.fromarray(np.array(values, np.uint16)).save(path)
        if mask is not None:
            Image.fromarray(np.array(mask, np.uint8)).save(tmp_path / "mask.png")
        return StereoSample(
            "l", "r", str(path), mask="" if mask is None else str(tmp_path / "mask.png"), encoding=encoding
        )

    return make


def test_a_scale_is_what_a_png_holds_for_one_pixel(sample):
    assert read_ground_truth(sample([[0, 150, 1000]], encodings.scale(100))).tolist() == [[0, 1.5, 10]]
    assert read_ground_truth(sample([[0, 384, 65535]], encodings.scale(256))).tolist() == [[0, 1.5, 65535 / 256]]


def test_a_scale_leaves_other_formats_alone(sample):
    values = np.array([[1.5, 2]], np.float32)
    assert read_ground_truth(sample(values, encodings.scale(100), name="map.npy")).tolist() == [[1.5, 2]]


def test_depth_becomes_disparity_and_the_sky_none(sample):
    disparity = read_ground_truth(sample([[0, 100, 386, 65534, 65535]], encodings.depth(386.0)))
    assert disparity.dtype == np.float32
    np.testing.assert_allclose(disparity, [[0, 3.86, 1, 386 / 65534, 0]], rtol=1e-6)


def test_outside_the_mask_there_is_no_ground_truth(sample):
    """255 is seen by both cameras; 128 by one."""
    masked = sample([[256, 512, 768]], mask=[[255, 128, 0]])
    assert read_ground_truth(masked).tolist() == [[1, 0, 0]]
    assert read_mask(masked.mask).tolist() == [[True, False, False]]


def test_what_both_cameras_see_has_the_size_of_the_left_image(sample, tmp_path):
    Image.new("RGB", (3, 1)).save(tmp_path / "left.png")
    masked = sample([[256, 512, 768]], mask=[[255, 128, 0]])
    seen = replace(masked, left=str(tmp_path / "left.png"), visible=masked.mask)
    assert read_visible(seen).tolist() == [[True, False, False]]
    Image.new("RGB", (3, 2)).save(tmp_path / "left.png")
    with pytest.raises(SupError, match=r"mask\.png: is 3x1 px, its left image 3x2; complete the data set again"):
        read_visible(seen)


def test_a_mask_of_another_size_is_named(sample):
    with pytest.raises(SupError, match=r"mask\.png: is 1x2 px, its disparity map 3x1; complete the data set"):
        read_ground_truth(sample([[1, 2, 3]], mask=[[255], [255]]))


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32])
def test_npy_holds_pixels_of_any_type(tmp_path, dtype):
    values = np.array([[0, 2, -1], [1, 100, 3]], dtype)
    np.save(tmp_path / "d.npy", np.asfortranarray(values))
    disparity = read_disparity(tmp_path / "d.npy")
    assert disparity.tolist() == [[0, 2, 0], [1, 100, 3]]
    assert disparity.dtype == np.float32
    assert disparity.flags.writeable


def test_npy_has_no_ground_truth_where_it_is_not_finite(tmp_path):
    np.save(tmp_path / "d.npy", np.array([[np.nan, np.inf, -np.inf, 7.25]]))
    assert read_disparity(tmp_path / "d.npy").tolist() == [[0, 0, 0, 7.25]]


@pytest.mark.parametrize("encoding", ["", "saturated", "scale 100", "scale 0.5", "depth 38623.02597375"])
def test_a_manifest_holds_every_encoding_and_the_mask(tmp_path, encoding):
    files = {role: str(tmp_path / role) for role in ("left", "right", "disparity", "mask", "visible")}
    for file in files.values():
        (tmp_path / file).touch()
    write_manifest(tmp_path / "m.csv", [files | {"encoding": encoding}])
    assert read_manifest(tmp_path / "m.csv") == [StereoSample(**files, encoding=encoding)]


@pytest.mark.parametrize(
    "word", ["yes", "scale", "scale 0", "scale -1", "scale nan", "depth 1e5", "scale 1 ", "gray 2"]
)
def test_other_words_are_refused(tmp_path, word):
    (tmp_path / "m.csv").write_text(f"left,right,disparity,encoding\na,b,c,\na,b,c,{word}\n")
    with pytest.raises(SupError, match=r"m\.csv: encoding is '.*' in a row; it must be empty, saturated, or scale or"):
        read_manifest(tmp_path / "m.csv")


def test_numbers_of_encodings_survive_the_text():
    for number in (100, 0.5, 38623.02597375, 1e6, 1 / 3):
        kind, read = encodings.numbered(encodings.depth(number))
        assert kind == "depth"
        assert read == pytest.approx(number, rel=1e-7)
    assert encodings.scale(256) == ""


def test_encoding_and_mask_tell_pairs_from_others(sample):
    """So that no cache and no checkpoint of one passes for one of the other."""
    plain, scaled, masked = sample([[1]]), sample([[1]], "scale 2"), sample([[1]], mask=[[255]])
    seen = replace(plain, visible=plain.disparity)
    assert len({pairs_digest([s]) for s in (plain, scaled, masked, seen)}) == 4
    assert pairs_digest([scaled, plain]) != pairs_digest([scaled, scaled])
