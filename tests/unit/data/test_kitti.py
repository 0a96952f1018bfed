"""KITTI's folders: the right pairs, in order, and one clear line for every incomplete tree."""

from pathlib import Path

import pytest

from supcore.data.indexing import index_pairs
from supcore.data.kitti import class_map
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


def test_class_maps_beside_a_root_that_is_a_link(kitti2015, tmp_path):
    """``..`` is the folder of the link, where the configuration says the maps are, not that of the link's target."""
    (tmp_path / "data").mkdir()
    root = tmp_path / "data/kitti_scene_flow"
    root.symlink_to(kitti2015)
    maps = tmp_path / "data/kitti_segmentation/pred_000001_10.npy"
    maps.parent.mkdir()
    maps.touch()
    pattern = "../kitti_segmentation/pred_{frame}.npy"
    (row,) = index_pairs("kitti2015", root, ["000001_10"], segmentation=pattern).rows
    assert row["segmentation"] == str(maps)


def test_patterns_of_class_maps_begin_at_root_working_directory_or_top():
    root, left = Path("data/kitti"), Path("data/kitti/training/image_2/000001_10.png")
    places = {pattern: str(class_map(root, pattern)(left)) for pattern in ("m/{frame}", "./m/{frame}", "/m/{frame}")}
    assert places == {
        "m/{frame}": "data/kitti/m/000001_10",
        "./m/{frame}": "m/000001_10",
        "/m/{frame}": "/m/000001_10",
    }


@pytest.mark.parametrize("views", [("colored_0", "colored_1"), ("image_2", "image_3")])
def test_kitti2012_official_and_renamed_folders(root, touch, views):
    for folder in (*views, "image_0", "image_1", "disp_occ"):
        touch(f"training/{folder}/000000_10.png")
    (color,) = index_pairs("kitti2012", root).rows
    assert (f"/{views[0]}/" in color["left"], f"/{views[1]}/" in color["right"]) == (True, True)
    (gray,) = index_pairs("kitti2012", root, gray=True).rows
    assert ("/image_0/" in gray["left"], "/image_1/" in gray["right"]) == (True, True)


def test_an_empty_official_folder_of_kitti2012_does_not_hide_the_renamed_one(root, touch):
    for folder in ("image_2", "image_3", "disp_occ"):
        touch(f"training/{folder}/000000_10.png")
    (root / "training/colored_0").mkdir()
    (row,) = index_pairs("kitti2012", root).rows
    assert "/image_2/" in row["left"]


@pytest.mark.parametrize(("layout", "truth"), [("kitti2015", "disp_occ_0"), ("kitti2012", "disp_occ")])
def test_slices_of_the_benchmarks_go_by_frame_number(root, touch, tmp_path, layout, truth):
    """A frame that is missing or left out moves no other one between the splits."""
    for folder in ("image_2", "image_3", truth):
        touch(*(f"training/{folder}/{number:06d}_10.png" for number in (0, 1, 4, 5, 6, 9)))
    (tmp_path / "list.txt").write_text("training/image_2/000001_10\n")

    def numbers(frames, **exclude):
        return [int(row["left"][-8]) for row in index_pairs(layout, root, frames, **exclude).rows]

    assert numbers("5:") == [5, 6, 9]
    assert numbers(":5", exclude=tmp_path / "list.txt") == [0, 4]
    assert numbers("1:6") == [1, 4, 5]
    with pytest.raises(SupError, match="6 pairs found, but none in the split '2:4'"):
        numbers("2:4")


def test_a_slice_needs_frame_numbers(root, touch):
    for folder in ("image_2", "image_3", "disp_occ_0"):
        touch(f"training/{folder}/street_10.png")
    assert len(index_pairs("kitti2015", root).rows) == 1
    with pytest.raises(SupError, match=r"street_10\.png: no frame number in the name"):
        index_pairs("kitti2015", root, ":160")


def test_drives_that_are_not_rectified_are_no_stereo_pairs(root, touch):
    for camera in ("image_02", "image_03"):
        touch(*(f"{drive}/{camera}/data/0000000000.png" for drive in (DRIVE, DRIVE.replace("_sync", "_extract"))))
    touch(f"{DRIVE.replace('_sync', '_extract')}/image_03/data/0000000001.png")
    (row,) = index_pairs("kitti_raw", root).rows
    assert DRIVE in row["left"]


def test_kitti_raw_has_no_truth_and_refuses_single_views(root, touch):
    for camera in ("image_02", "image_03"):
        touch(f"{DRIVE}/{camera}/data/0000000000.png", f"{DRIVE}/{camera}/data/0000000001.png")
    rows = index_pairs("kitti_raw", root).rows
    assert [row["disparity"] for row in rows] == ["", ""]
    assert all(row["right"] == row["left"].replace("image_02", "image_03") for row in rows)
    touch(f"{DRIVE}/image_03/data/0000000002.png")
    with pytest.raises(SupError, match=r"0000000002\.png: right image without a left one"):
        index_pairs("kitti_raw", root)
