"""Miniatures of official trees: the right pairs, ground truth in pixels, and one clear line for an incomplete tree."""

import numpy as np
import pytest
from PIL import Image

from supcore.data.dataset import StereoDataset
from supcore.data.image_io import write_image
from supcore.data.indexing import index_pairs, names_digest
from supcore.data.layouts import check_layout_options
from supcore.data.manifest import read_manifest, write_manifest
from supcore.errors import SupError


@pytest.fixture
def put(root):
    """Writes the files of a pair: images by their values of gray, ground truth in the official format."""

    def write(path, content, dtype=np.uint16):
        path = root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, int):
            write_image(path, np.full((2, 3), content, np.uint8))
        elif path.suffix == ".pfm":  # bottom row first
            rows = np.array(content, "<f4")[::-1]
            path.write_bytes(f"Pf\n{rows.shape[1]} {rows.shape[0]}\n-1.0\n".encode() + rows.tobytes())
        elif path.suffix == ".npy":
            np.save(path, np.array(content, np.float32))
        else:
            Image.fromarray(np.array(content, dtype)).save(path)

    return write


@pytest.fixture
def open_pairs(root):
    """The data set as jobs read it, from the manifest."""

    def read(layout, **options):
        write_manifest(root / "pairs.csv", index_pairs(layout, root, **options).rows)
        return StereoDataset(read_manifest(root / "pairs.csv"))

    return read


@pytest.fixture
def load(open_pairs):
    """Its pairs."""
    return lambda layout, **options: list(open_pairs(layout, **options))


def views(pairs):
    """Gray values of left and right images; JPEG may miss them by one."""
    return [(int(pair.left.float().mean().round()), int(pair.right.float().mean().round())) for pair in pairs]


TRUTH = [[1.5, np.inf, 3], [4, 5, np.inf]]
MASK = [[255, 0, 128], [128, 255, 0]]
ALL, VISIBLE = [[1.5, 0, 3], [4, 5, 0]], [[1.5, 0, 0], [0, 5, 0]]


def put_scene(put, images, truths, left, truth="disp0GT.pfm"):
    put(f"{images}/im0.png", left)
    put(f"{images}/im1.png", left + 1)
    put(f"{truths}/{truth}", TRUTH)
    put(f"{truths}/mask0nocc.png", MASK, np.uint8)


@pytest.mark.parametrize(("images", "truths"), [("", ""), ("two_view_training/", "two_view_training_gt/")])
def test_eth3d_in_one_folder_or_as_its_archives(put, load, images, truths):
    for left, scene in ((10, "delivery_area_1l"), (20, "facade_1s")):
        put_scene(put, images + scene, truths + scene, left)
    assert views(load("eth3d")) == [(10, 11), (20, 21)]
    assert load("eth3d")[1].disparity[0].tolist() == ALL
    assert load("eth3d", occlusions="noc")[1].disparity[0].tolist() == VISIBLE


def test_middeval3_has_three_resolutions(put, load):
    for left, resolution in ((10, "F"), (20, "H"), (30, "Q")):
        put_scene(put, *[f"training{resolution}/Adirondack"] * 2, left)
    assert views(load("middeval3")) == [(30, 31)]
    assert views(load("middeval3", resolution="H")) == [(20, 21)]
    assert load("middeval3")[0].disparity[0].tolist() == ALL
    assert load("middeval3", occlusions="noc")[0].disparity[0].tolist() == VISIBLE


SEEN = [[True, False, False], [False, True, False]]


@pytest.mark.parametrize(("layout", "place"), [("eth3d", "facade_1s"), ("middeval3", "trainingQ/Adirondack")])
def test_occluded_pixels_are_told_apart_where_that_is_asked_for(put, open_pairs, layout, place):
    put_scene(put, place, place, 10)
    pairs = open_pairs(layout, occlusions="split")
    assert pairs[0].disparity[0].tolist() == ALL
    assert pairs.visible(0)[0].tolist() == SEEN
    assert open_pairs(layout).visible(0) is None
    assert open_pairs(layout, occlusions="noc").visible(0) is None


@pytest.mark.parametrize(
    ("layout", "views", "truths"),
    [
        ("kitti2015", ("image_2", "image_3"), ("disp_occ_0", "disp_noc_0")),
        ("kitti2012", ("colored_0", "colored_1"), ("disp_occ", "disp_noc")),
    ],
)
def test_kitti_tells_occluded_pixels_by_its_second_ground_truth(put, open_pairs, layout, views, truths):
    for number, folder in enumerate(views):
        put(f"training/{folder}/000000_10.png", 10 + number)
    for folder, values in zip(truths, (ALL, VISIBLE), strict=True):
        put(f"training/{folder}/000000_10.png", 256 * np.array(values))
    pairs = open_pairs(layout, visible=truths[1])
    assert pairs[0].disparity[0].tolist() == ALL
    assert pairs.visible(0)[0].tolist() == SEEN
    assert open_pairs(layout).visible(0) is None


@pytest.mark.parametrize("folder", ["", "train/"])
def test_middlebury2014_is_rectified_perfectly_or_not(put, load, folder):
    for left, rectification in ((10, "perfect"), (20, "imperfect")):
        place = f"{folder}Piano-{rectification}"
        put_scene(put, place, place, left, "disp0.pfm")
        put(f"{place}/im1E.png", 99)
    assert views(load("middlebury2014")) == [(10, 11)]
    assert views(load("middlebury2014", rectification="imperfect")) == [(20, 21)]
    assert load("middlebury2014")[0].disparity[0].tolist() == ALL


@pytest.mark.parametrize(("size", "suffix", "scale"), [("half", "jpg", 256), ("full", "png", 128)])
@pytest.mark.parametrize("subset", ["rainy", "test"])
def test_driving_stereo_in_both_sizes(put, load, subset, size, suffix, scale):
    name = "2018-08-17-09-45-58_2018-08-17-10-01-07-576"
    for left, kind in ((10, "left-image"), (20, "right-image"), (None, "disparity-map")):
        folder = (
            f"test-{kind}/{kind}-{size}-size/2018-08-17-09-45-58" if subset == "test" else f"rainy/{kind}-{size}-size"
        )
        if left:
            put(f"{folder}/{name}.{suffix}", left)
        else:
            put(f"{folder}/{name}.png", [[0, 2 * scale, scale // 2]] * 2)
    (pair,) = load("driving_stereo", subset=subset, size=size)
    assert views([pair]) == [(10, 20)]
    assert pair.disparity[0].tolist() == [[0, 2, 0.5]] * 2


def test_driving_stereo_s_training_sequences_come_in_one_size(put, load):
    for left, kind in ((10, "left-image"), (20, "right-image")):
        put(f"train-{kind}/2018-07-09-16-11-56/1.jpg", left)
        put(f"train-{kind}/2018-10-31-06-55-01/1.jpg", left + 1)
    for sequence in ("2018-07-09-16-11-56", "2018-10-31-06-55-01"):
        put(f"train-disparity-map/{sequence}/1.png", [[256] * 3] * 2)
    assert views(load("driving_stereo", subset="train")) == [(10, 20), (11, 21)]
    with pytest.raises(SupError, match="layout driving_stereo: the training sequences come in half size only"):
        check_layout_options("driving_stereo", {"subset": "train", "size": "full"})


def put_virtual(put, place, left):
    put(f"{place}/frames/rgb/Camera_0/rgb_00000.jpg", left)
    put(f"{place}/frames/rgb/Camera_1/rgb_00000.jpg", left + 1)
    put(f"{place}/frames/depth/Camera_0/depth_00000.png", [[3862, 100, 65535], [0, 65534, 1000]])


def test_virtual_kitti2_turns_depth_in_cm_into_disparity(put, load):
    put_virtual(put, "Scene01/clone", 10)
    (pair,) = load("virtual_kitti2")
    assert views([pair]) == [(10, 11)]
    product = 725.0087 * 0.532725  # px m
    expected = [[product / 38.62, product / 1, 0], [0, product / 655.34, product / 10]]
    np.testing.assert_allclose(pair.disparity[0], expected, rtol=1e-6)


def test_virtual_kitti2_by_scenes_and_variations(put, load, root):
    for left, place in enumerate(("Scene01/clone", "Scene01/fog", "Scene20/clone", "Scene20/rain")):
        put_virtual(put, place, 10 * left + 10)
    assert [left for left, _ in views(load("virtual_kitti2"))] == [10, 20, 30, 40]
    assert [left for left, _ in views(load("virtual_kitti2", scenes=["Scene20"]))] == [30, 40]
    assert [left for left, _ in views(load("virtual_kitti2", variations=["clone", "rain"]))] == [10, 30, 40]
    with pytest.raises(SupError, match="no frames of Scene06 as sunset, fog; check the data root and the options"):
        index_pairs("virtual_kitti2", root, scenes=["Scene06"], variations=["sunset", "fog"])


def put_spring(put, scene, left):
    put(f"{scene}/frame_left/frame_left_0001.png", left)
    put(f"{scene}/frame_right/frame_right_0001.png", left + 1)


def test_spring_with_converted_ground_truth_or_without(put, load):
    put_spring(put, "train/0001", 10)
    put_spring(put, "test/0003", 20)
    put("train/0001/disp1_left/disp1_left_0001.npy", TRUTH)
    assert views(load("spring")) == [(10, 11)]
    assert not load("spring")[0].disparity.any()
    assert load("spring", disparity="npy")[0].disparity[0].tolist() == ALL
    assert views(load("spring", subset="test")) == [(20, 21)]


# A left, a right and a ground truth file of each tree, with other options than the default where these change folders.
TREES = [
    ("eth3d", {}, "s/im0.png", "s/im1.png", "s/disp0GT.pfm"),
    ("eth3d", {"occlusions": "noc"}, "s/im0.png", "s/im1.png", "s/mask0nocc.png"),
    ("middlebury2014", {}, "S-perfect/im0.png", "S-perfect/im1.png", "S-perfect/disp0.pfm"),
    ("middeval3", {}, "trainingQ/S/im0.png", "trainingQ/S/im1.png", "trainingQ/S/disp0GT.pfm"),
    (
        "driving_stereo",
        {},
        "sunny/left-image-half-size/1.jpg",
        "sunny/right-image-half-size/1.jpg",
        "sunny/disparity-map-half-size/1.png",
    ),
    (
        "virtual_kitti2",
        {},
        "Scene01/fog/frames/rgb/Camera_0/rgb_00001.jpg",
        "Scene01/fog/frames/rgb/Camera_1/rgb_00001.jpg",
        "Scene01/fog/frames/depth/Camera_0/depth_00001.png",
    ),
    (
        "spring",
        {"disparity": "pfm"},
        "train/0001/frame_left/frame_left_0001.png",
        "train/0001/frame_right/frame_right_0001.png",
        "train/0001/disp1_left/disp1_left_0001.pfm",
    ),
]


@pytest.mark.parametrize(("layout", "options", "left", "right", "truth"), TREES)
def test_an_incomplete_tree_is_named(root, touch, layout, options, left, right, truth):
    with pytest.raises(SupError, match=r"no files match .*; check the data root and the layout"):
        index_pairs(layout, root, **options)
    touch(left)
    with pytest.raises(SupError, match=r"the folder of the right files is missing|the right file of"):
        index_pairs(layout, root, **options)
    touch(right)
    with pytest.raises(
        SupError, match=r"folder of the (disparity|mask) files is missing|(disparity|mask) file of"
    ) as caught:
        index_pairs(layout, root, **options)
    offered = "set layout_options.disparity" in str(caught.value)
    assert offered == (layout == "spring"), "only what the layout has is offered"
    touch(truth, *([truth.replace("mask0nocc.png", "disp0GT.pfm")]))
    before = names_digest(layout, root, **options)
    assert len(index_pairs(layout, root, **options).rows) == 1
    (root / left).unlink()
    touch(left.replace("0001", "0002").replace("/1.", "/2.").replace("im0", "other"))
    with pytest.raises(SupError, match=r"right image without a left one|no files match"):
        index_pairs(layout, root, **options)
    assert names_digest(layout, root, **options) != before
