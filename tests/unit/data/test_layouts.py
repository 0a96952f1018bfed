"""Indexing the official layouts: the right pairs, in order, and one clear line for every incomplete tree."""

import pytest

from supcore.data.layouts import index_pairs
from supcore.errors import SupError


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


@pytest.fixture
def kitti(tmp_path):
    for folder in ("image_2", "image_3", "disp_occ_0", "disp_noc_0"):
        touch(tmp_path, *(f"training/{folder}/{number:06d}_10.png" for number in (2, 0, 1)))
    touch(tmp_path, "training/image_2/000000_11.png", "training/image_3/000000_11.png")  # the second frame of a pair
    return tmp_path


def test_kitti2015_is_sorted_and_leaves_out_second_frames(kitti):
    rows = index_pairs("kitti2015", kitti)
    assert [row["left"][-13:] for row in rows] == ["000000_10.png", "000001_10.png", "000002_10.png"]
    for row in rows:
        assert row["right"] == row["left"].replace("image_2", "image_3")
        assert row["disparity"] == row["left"].replace("image_2", "disp_occ_0")


def test_splits_are_slices_or_frames(kitti):
    names = lambda rows: [row["left"][-13:-7] for row in rows]  # noqa: E731
    assert names(index_pairs("kitti2015", kitti, ":2")) == ["000000", "000001"]
    assert names(index_pairs("kitti2015", kitti, "2:")) == ["000002"]
    assert names(index_pairs("kitti2015", kitti, ["000001_10"])) == ["000001"]
    assert "disp_noc_0" in index_pairs("kitti2015", kitti, ["000001_10"], disparity="disp_noc_0")[0]["disparity"]


@pytest.mark.parametrize(
    ("removed", "culprit"),
    [
        ("image_3/000001_10.png", "the right file of 000001_10.png is missing"),
        ("disp_occ_0/000001_10.png", "the disparity file of 000001_10.png is missing"),
        ("image_2/000001_10.png", "right image without a left one"),
    ],
)
def test_a_missing_partner_is_named(kitti, removed, culprit):
    (kitti / "training" / removed).unlink()
    with pytest.raises(SupError, match=culprit) as caught:
        index_pairs("kitti2015", kitti)
    assert "000001_10.png" in str(caught.value)


def test_a_frame_without_truth_matters_only_where_it_is_used(kitti):
    (kitti / "training/disp_occ_0/000002_10.png").unlink()
    assert len(index_pairs("kitti2015", kitti, ":2")) == 2


def test_no_pairs_no_root_and_unknown_frames_are_errors(kitti, tmp_path):
    with pytest.raises(SupError, match="data root not found"):
        index_pairs("kitti2015", tmp_path / "nowhere")
    with pytest.raises(SupError, match=r"no files match \*_10\.png"):
        index_pairs("kitti2015", tmp_path / "training")
    with pytest.raises(SupError, match="3 pairs found, but none in the split"):
        index_pairs("kitti2015", kitti, "160:")
    with pytest.raises(SupError, match="frame '000009_10' matches 0 pairs"):
        index_pairs("kitti2015", kitti, ["000009_10"])


@pytest.mark.parametrize("views", [("colored_0", "colored_1"), ("image_2", "image_3")])
def test_kitti2012_official_and_renamed_folders(tmp_path, views):
    for folder in (*views, "image_0", "image_1", "disp_occ"):
        touch(tmp_path, f"training/{folder}/000000_10.png")
    (colour,) = index_pairs("kitti2012", tmp_path)
    assert (f"/{views[0]}/" in colour["left"], f"/{views[1]}/" in colour["right"]) == (True, True)
    (grey,) = index_pairs("kitti2012", tmp_path, grey=True)
    assert "/image_0/" in grey["left"]


def test_kitti_raw_has_no_truth(tmp_path):
    drive = "2011_09_26/2011_09_26_drive_0001_sync"
    for camera in ("image_02", "image_03"):
        touch(tmp_path, f"{drive}/{camera}/data/0000000000.png", f"{drive}/{camera}/data/0000000001.png")
    rows = index_pairs("kitti_raw", tmp_path)
    assert [row["disparity"] for row in rows] == ["", ""]
    assert all(row["right"] == row["left"].replace("image_02", "image_03") for row in rows)
    touch(tmp_path, f"{drive}/image_03/data/0000000002.png")
    with pytest.raises(SupError, match=r"0000000002\.png: right image without a left one"):
        index_pairs("kitti_raw", tmp_path)


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_flyingthings3d_pairs_images_with_pfm(tmp_path, suffix):
    for side in ("left", "right"):
        touch(tmp_path, f"frames_finalpass/TEST/A/0000/{side}/0006.{suffix}")
    touch(tmp_path, "disparity/TEST/A/0000/left/0006.pfm")
    (row,) = index_pairs("flyingthings3d", tmp_path)
    assert row["disparity"].endswith("disparity/TEST/A/0000/left/0006.pfm")
    with pytest.raises(SupError, match="frames_cleanpass"):
        index_pairs("flyingthings3d", tmp_path, rendering="cleanpass")
