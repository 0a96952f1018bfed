"""Splits, exclusion lists and known totals, whatever the layout."""

from pathlib import Path

import pytest

from supcore.data.indexing import index_pairs, names_digest, read_exclusions
from supcore.data.layouts import LAYOUTS
from supcore.errors import SupError
from tests.refusal import check_refusal

REPOSITORY = Path(__file__).parents[3]
DRIVES = tuple(f"2011_09_26/2011_09_26_drive_{number}_sync" for number in ("0001", "0005", "0051"))


@pytest.fixture
def kitti_raw(root, touch):
    """Three drives of two frames."""
    for drive in DRIVES:
        touch(*(f"{drive}/{camera}/data/{n:010d}.png" for camera in ("image_02", "image_03") for n in (0, 1)))
    return root


@pytest.fixture
def exclusions(tmp_path):
    """Writes an exclusion list."""

    def write(*lines):
        path = tmp_path / "exclusions.txt"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def frames(pairs):
    return [f"{row['left'].split('_drive_')[1][:4]}/{row['left'][-5]}" for row in pairs.rows]


def test_splits_are_slices_or_frames(kitti_raw):
    assert frames(index_pairs("kitti_raw", kitti_raw, ":2")) == ["0001/0", "0001/1"]
    assert frames(index_pairs("kitti_raw", kitti_raw, "4:")) == ["0051/0", "0051/1"]
    assert frames(index_pairs("kitti_raw", kitti_raw, [f"{DRIVES[1]}/image_02/data/0000000001"])) == ["0005/1"]


def loop(folder):
    (folder / "root").symlink_to(folder / "other")
    (folder / "other").symlink_to(folder / "root")


def folder_in_itself(folder):
    (folder / "root/training").mkdir(parents=True)
    (folder / "root/training/image_2").symlink_to(folder / "root")


def links_to_nothing(folder):
    for view in ("image_2", "image_3", "disp_occ_0"):
        (folder / "root/training" / view).mkdir(parents=True)
        (folder / "root/training" / view / "000000_10.png").symlink_to(folder / "gone.png")


NO_ROOT = ": data root not found, or not open to this user; set datasets.<name>.root to the folder of the data set"
NO_FILES = "… no files match *_10.png; check the data root and the layout"


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda folder: None, NO_ROOT),
        (loop, NO_ROOT),
        (lambda folder: (folder / "root").write_text(""), NO_ROOT),
        (lambda folder: (folder / "root").mkdir(), NO_FILES),
        (folder_in_itself, NO_FILES),
        (links_to_nothing, "… file of 000000_10.png is missing; complete the data set"),
    ],
)
def test_a_data_root_without_pairs_is_named(tmp_path, make, line):
    make(tmp_path)
    check_refusal(lambda: index_pairs("kitti2015", tmp_path / "root"), tmp_path, f"{tmp_path / 'root'}{line}")
    assert names_digest("kitti2015", tmp_path / "root"), "the workflow asks for it before the root is checked"


def test_splits_without_pairs_and_unknown_frames_are_errors(kitti_raw):
    with pytest.raises(SupError, match="6 pairs found, but none in the split '160:'"):
        index_pairs("kitti_raw", kitti_raw, "160:")
    with pytest.raises(SupError, match="frame '000009_10' matches 0 pairs"):
        index_pairs("kitti_raw", kitti_raw, ["000009_10"])
    with pytest.raises(SupError, match="frame '0000000001' matches 3 pairs"):
        index_pairs("kitti_raw", kitti_raw, ["0000000001"])


def test_a_frame_is_listed_once(kitti_raw):
    """It would count twice."""
    name = f"{DRIVES[1]}/image_02/data/0000000001"
    for other in (name, f"{name}.png"):
        with pytest.raises(SupError, match=r"0000000001.* is listed twice in the split"):
            index_pairs("kitti_raw", kitti_raw, [name, other])


def test_files_of_macos_are_no_images(kitti_raw, touch):
    """AppleDouble files have the name of the image behind ``._``."""
    touch(*(f"{DRIVES[0]}/{camera}/data/._0000000000.png" for camera in ("image_02", "image_03")))
    touch(f"{DRIVES[0]}/image_03/data/._0000000001.png")
    assert index_pairs("kitti_raw", kitti_raw).found == 6


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_option_that_the_layout_lacks_is_named(root, layout):
    with pytest.raises(SupError, match=f"layout {layout}: unknown option color; known options: "):
        index_pairs(layout, root, color=True)


@pytest.mark.parametrize(
    ("layout", "options", "message"),
    [
        ("flyingthings3d", {"subset": "VAL"}, "layout flyingthings3d: subset must be one of TRAIN, TEST, got 'VAL'"),
        ("flyingthings3d", {"letters": ["A", "D"]}, "letters must be a list, each item one of A, B, C"),
        ("kitti2012", {"gray": "yes"}, "layout kitti2012: gray must be true or false, got 'yes'"),
        ("kitti2015", {"segmentation": 1}, "layout kitti2015: segmentation must be text or null, got 1"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_named(root, layout, options, message):
    with pytest.raises(SupError, match=message):
        index_pairs(layout, root, **options)


def test_excluded_drives_and_frames_are_left_out_before_the_split(kitti_raw, exclusions):
    path = exclusions(
        "# a comment",
        "",
        DRIVES[0],
        f"{DRIVES[1]}/image_02/data/0000000001.png",
        f"{DRIVES[2]}/image_02/data/0000000000",
        "2011_09_30/2011_09_30_drive_0018_sync",
    )
    pairs = index_pairs("kitti_raw", kitti_raw, exclude=path)
    assert frames(pairs) == ["0005/0", "0051/1"]
    assert (pairs.found, pairs.excluded) == (6, 4)
    first = index_pairs("kitti_raw", kitti_raw, ":1", exclude=path)
    assert frames(first) == ["0005/0"]
    assert (first.found, first.excluded) == (6, 4)


def test_a_prefix_ends_at_a_folder(kitti_raw, exclusions):
    """``…drive_0005`` shall not take ``…drive_0005_sync`` with it, nor frame 1 frame 10."""
    path = exclusions("2011_09_26/2011_09_26_drive_0005", f"{DRIVES[2]}/image_02/data/000000000")
    pairs = index_pairs("kitti_raw", kitti_raw, exclude=path)
    assert pairs.excluded == 0
    assert any("exclusion list matches no pair" in warning for warning in pairs.warnings)


def test_an_exclusion_list_that_matches_gives_no_warning_of_its_own(kitti_raw, exclusions):
    assert index_pairs("kitti_raw", kitti_raw, exclude=exclusions(DRIVES[0])).warnings == [
        "6 pairs found, the complete data set has 47890"
    ]


def test_lines_of_an_exclusion_list_without_a_pair_are_told_in_one_line(kitti_raw, exclusions):
    """A partial download lacks most drives of the shipped list, so this is no error."""
    path = exclusions(DRIVES[0], *(f"drive_{number}" for number in (4, 1, 3, 2)), f"{DRIVES[0]}/image_02")
    pairs = index_pairs("kitti_raw", kitti_raw, exclude=path)
    assert pairs.unmatched == ["drive_1", "drive_2", "drive_3", "drive_4"]
    (warning,) = pairs.warnings[1:]
    assert warning.startswith("4 lines of the exclusion list match no pair (drive_1, drive_2, drive_3, …); check them")


def test_an_unreadable_exclusion_list_is_named(kitti_raw, tmp_path):
    with pytest.raises(SupError, match=r"none\.txt: the exclusion list cannot be read"):
        index_pairs("kitti_raw", kitti_raw, exclude=tmp_path / "none.txt")
    (tmp_path / "binary.txt").write_bytes(bytes(range(128, 256)))
    with pytest.raises(SupError, match=r"binary\.txt: the exclusion list cannot be read"):
        index_pairs("kitti_raw", kitti_raw, exclude=tmp_path / "binary.txt")


def test_the_shipped_list_names_drives_of_both_benchmarks():
    """29 drives of KITTI 2015 and 16 of KITTI 2012, one of them in both."""
    drives = read_exclusions(REPOSITORY / "resources/exclusions/kitti_raw_benchmark_drives.txt")
    assert len(drives) == 44
    for drive in drives:
        date, name = drive.parts
        assert name.startswith(f"{date}_drive_")
        assert name.endswith("_sync")


def test_an_incomplete_data_set_is_a_warning_with_both_numbers(kitti_raw):
    pairs = index_pairs("kitti_raw", kitti_raw, ":2")
    assert (pairs.found, pairs.expected) == (6, 47890)
    assert pairs.warnings == ["6 pairs found, the complete data set has 47890"]


def test_a_complete_data_set_gives_no_warning(root, touch):
    for folder in ("image_2", "image_3", "disp_occ_0"):
        touch(*(f"training/{folder}/{number:06d}_10.png" for number in range(200)))
    assert index_pairs("kitti2015", root, "160:").warnings == []


PAIR = {
    "kitti_raw": f"{DRIVES[0]}/image_02/data/{{}}.png",
    "kitti2012": "training/colored_0/{}_10.png",
    "kitti2015": "training/image_2/{}_10.png",
    "flyingthings3d": "frames_finalpass_webp/TEST/B/0000/left/{}.webp",
    "monkaa": "frames_finalpass/eating_x2/left/{}.png",
    "driving": "frames_finalpass/15mm_focallength/scene_forwards/fast/left/{}.png",
    "eth3d": "Scene/im{}.png",
    "middlebury2014": "Scene-perfect/im{}.png",
    "middeval3": "trainingQ/Scene/im{}.png",
    "driving_stereo": "sunny/left-image-half-size/{}.jpg",
    "virtual_kitti2": "Scene01/clone/frames/rgb/Camera_0/rgb_{}.jpg",
    "spring": "train/0001/frame_left/frame_left_{}.png",
    "pairs": "left/{}.png",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_digest_of_names_follows_the_pairs_that_there_are(root, touch, layout):
    digests = [names_digest(layout, root / "nowhere"), names_digest(layout, root)]
    assert digests[0] == digests[1]
    for name in ("0000", "0001"):
        touch(PAIR[layout].format(name))
        digests.append(names_digest(layout, root))
    assert len(set(digests)) == 3
    assert {len(digest) for digest in digests} == {16}  # two characters would collide sooner or later
    (root / PAIR[layout].format("0001")).unlink()
    assert names_digest(layout, root) == digests[2]


def test_the_digest_of_names_leaves_out_what_is_not_asked_for(root, touch):
    """Other renderings, files that the system leaves, and the dates of folders."""
    touch(PAIR["flyingthings3d"].format("0000"))
    before = names_digest("flyingthings3d", root)
    touch("frames_cleanpass/TEST/A/0000/left/0000.png", "frames_finalpass/TRAIN/A/0000/left/0000.png")
    touch("frames_finalpass_webp/TEST/B/0000/left/.DS_Store", "frames_finalpass_webp/TEST/B/readme.txt")
    assert names_digest("flyingthings3d", root) == before
    assert names_digest("flyingthings3d", root, rendering="cleanpass") != before
    assert names_digest("flyingthings3d", root, subset="TRAIN") != before
