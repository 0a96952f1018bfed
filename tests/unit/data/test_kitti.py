"""KITTI's folders: the right pairs, in order, and one clear line for every incomplete tree."""

from pathlib import Path

import pytest

from supcore.data.layouts import index_pairs
from supcore.errors import SupError

DRIVE = "2011_09_26/2011_09_26_drive_0001_sync"


@pytest.fixture
def kitti2015(root, touch):
    for folder in ("image_2", "image_3", "disp_occ_0", "disp_noc_0"):
        touch(*(f"training/{folder}/{number:06d}_10.png" for number in (2, 0, 1)))
    touch("training/image_2/000000_11.png", "training/image_3/000000_11.png")
    return root


def test_kitti2015_is_sorted_and_leaves_out_second_frames(kitti2015):
    rows = index_pairs("kitti2015", kitti2015).rows
    assert [row["left"][-13:] for row in rows] == ["000000_10.png", "000001_10.png", "000002_10.png"]
    for row in rows:
        assert row["right"] == row["left"].replace("image_2", "image_3")
        assert row["disparity"] == row["left"].replace("image_2", "disp_occ_0")
        assert "segmentation" not in row


def test_kitti2015_other_ground_truth(kitti2015):
    (row,) = index_pairs("kitti2015", kitti2015, ["000001_10"], disparity="disp_noc_0").rows
    assert row["disparity"] == str(kitti2015 / "training/disp_noc_0/000001_10.png")


@pytest.mark.parametrize(
    ("removed", "culprit"),
    [
        ("image_3/000001_10.png", "the right file of 000001_10.png is missing"),
        ("disp_occ_0/000001_10.png", "the disparity file of 000001_10.png is missing"),
        ("image_2/000001_10.png", "right image without a left one"),
    ],
)
def test_a_missing_partner_is_named(kitti2015, removed, culprit):
    (kitti2015 / "training" / removed).unlink()
    with pytest.raises(SupError, match=culprit) as caught:
        index_pairs("kitti2015", kitti2015)
    assert "000001_10.png" in str(caught.value)


def test_a_frame_without_truth_matters_only_where_it_is_used(kitti2015):
    (kitti2015 / "training/disp_occ_0/000002_10.png").unlink()
    assert len(index_pairs("kitti2015", kitti2015, ":2").rows) == 2


def test_class_maps_in_a_folder_beside_the_images(kitti2015, touch):
    touch("training/semantic_train_id/000001_10.png")
    (row,) = index_pairs("kitti2015", kitti2015, ["000001_10"], segmentation="semantic_train_id").rows
    assert row["segmentation"] == str(kitti2015 / "training/semantic_train_id/000001_10.png")


def test_class_maps_by_a_pattern_outside_the_data_root(kitti2015, touch):
    """The layout of the class maps that the authors of SUPs published."""
    folder = "../kitti_segmentation/data/kitti_scene_flow/training/image_2"
    touch(f"{folder}/pred_000001_10.npy")
    pattern = f"{folder}/pred_{{frame}}.npy"
    (row,) = index_pairs("kitti2015", kitti2015, ["000001_10"], segmentation=pattern).rows
    assert Path(row["segmentation"]).samefile(kitti2015 / folder / "pred_000001_10.npy")
    with pytest.raises(SupError, match=r"pred_000000_10\.npy: the segmentation file of 000000_10\.png is missing"):
        index_pairs("kitti2015", kitti2015, ["000000_10"], segmentation=pattern)


@pytest.mark.parametrize("views", [("colored_0", "colored_1"), ("image_2", "image_3")])
def test_kitti2012_official_and_renamed_folders(root, touch, views):
    for folder in (*views, "image_0", "image_1", "disp_occ"):
        touch(f"training/{folder}/000000_10.png")
    (colour,) = index_pairs("kitti2012", root).rows
    assert (f"/{views[0]}/" in colour["left"], f"/{views[1]}/" in colour["right"]) == (True, True)
    (grey,) = index_pairs("kitti2012", root, grey=True).rows
    assert ("/image_0/" in grey["left"], "/image_1/" in grey["right"]) == (True, True)


def test_kitti_raw_has_no_truth_and_refuses_single_views(root, touch):
    for camera in ("image_02", "image_03"):
        touch(f"{DRIVE}/{camera}/data/0000000000.png", f"{DRIVE}/{camera}/data/0000000001.png")
    rows = index_pairs("kitti_raw", root).rows
    assert [row["disparity"] for row in rows] == ["", ""]
    assert all(row["right"] == row["left"].replace("image_02", "image_03") for row in rows)
    touch(f"{DRIVE}/image_03/data/0000000002.png")
    with pytest.raises(SupError, match=r"0000000002\.png: right image without a left one"):
        index_pairs("kitti_raw", root)
