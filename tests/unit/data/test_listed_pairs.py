"""Pairs of one's own in the workflow: by patterns of paths, or listed in a table."""

import shutil

import numpy as np
import pytest
from PIL import Image

from supcore.data.dataset import StereoDataset
from supcore.data.image_io import write_disparity, write_image
from supcore.data.indexing import index_pairs, names_digest
from supcore.data.layouts import check_layout_options
from supcore.data.manifest import StereoSample, read_manifest, write_manifest
from supcore.errors import SupError

SCENES = {"left": "{scene}/cam0/{frame}.png", "right": "{scene}/cam1/*_{frame}.jpg"}


def relative(root, rows):
    return [{role: file.removeprefix(f"{root}/") for role, file in row.items() if file} for row in rows]


def pairs(root, **options):
    return relative(root, index_pairs("pairs", root, **options).rows)


def test_two_folders_need_no_option(root, touch):
    touch("left/b.png", "left/a.jpg", "right/a.png", "right/b.png", "left/._a.jpg", "left/notes.txt")
    assert pairs(root) == [
        {"left": "left/a.jpg", "right": "right/a.png"},
        {"left": "left/b.png", "right": "right/b.png"},
    ]


def test_names_with_the_same_digits_belong_together(root, touch):
    touch("views/L_2.png", "views/L_10.png", "views/R_10.png", "views/R_2.png", "truth/2.npy", "truth/10.pfm")
    assert pairs(root, left="views/L_*", right="views/R_*.png", disparity="truth") == [
        {"left": "views/L_10.png", "right": "views/R_10.png", "disparity": "truth/10.pfm"},
        {"left": "views/L_2.png", "right": "views/R_2.png", "disparity": "truth/2.npy"},
    ]


def test_placeholders_pair_files_in_folders_of_any_names(root, touch):
    touch("a/cam0/1.png", "a/cam1/x_1.jpg", "b/cam0/1.png", "b/cam1/y_1.jpg", "maps/a-1.npy", "maps/b-1.npy")
    maps = {"disparity": "maps/{scene}-{frame}.npy", "segmentation": "maps/{scene}-{frame}.npy"}
    assert pairs(root, **SCENES, **maps) == [
        {
            "left": f"{scene}/cam0/1.png",
            "right": f"{scene}/cam1/{other}_1.jpg",
            "disparity": f"maps/{scene}-1.npy",
            "segmentation": f"maps/{scene}-1.npy",
        }
        for scene, other in (("a", "x"), ("b", "y"))
    ]


def test_what_both_cameras_see_is_counted_apart(tmp_path, make_samples):
    (sample,) = make_samples(1)
    for role in ("left", "right", "disparity"):
        (tmp_path / role).mkdir()
        shutil.copy(getattr(sample, role), tmp_path / role / "1.png")
    (tmp_path / "seen").mkdir()
    mask = np.full((32, 64), 255, np.uint8)
    mask[:, :20] = 128  # occluded
    Image.fromarray(mask).save(tmp_path / "seen" / "1.png")
    (row,) = index_pairs("pairs", tmp_path, disparity="disparity", visible="seen").rows
    found = StereoDataset([StereoSample(**row)]).visible(0)
    assert found.shape == (1, 32, 64)
    assert found[0, 0].tolist() == [False] * 20 + [True] * 44


def test_the_same_placeholder_stands_for_the_same_text(root, touch):
    touch("a/a.png", "a/b.png", "c/a.png")
    assert pairs(root, left="{frame}/{frame}.png", right="c/{frame}.png") == [{"left": "a/a.png", "right": "c/a.png"}]


def test_patterns_take_names_as_they_are(root, touch):
    """Brackets and dots mean themselves; ``**/`` is any folders."""
    touch("set [1]/l.1.png", "set [1]/lx1.png", "deep/er/right/1.png")
    assert pairs(root, left="./set [1]/l.{frame}.png", right="**/right/{frame}.png") == [
        {"left": "set [1]/l.1.png", "right": "deep/er/right/1.png"}
    ]


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        (["left/a.png"], {}, r"right: no \.png, .* files there; check the path or the pattern"),
        (["left/a.png", "right/a.txt"], {}, "right: no .* files there"),
        (["left/a.png", "left/b.png", "right/a.png"], {}, "right: its 1 files do not pair with the 2 of"),
        (["a/cam0/1.png", "b/cam1/x_1.jpg"], SCENES, r"b/cam1/x_1\.jpg: right image without a left one"),
        (
            ["a/cam0/1.png", "a/cam0/2.png", "a/cam1/x_1.jpg"],
            SCENES,
            r"a/cam1/\*_2\.jpg: the right file of 2\.png is missing; complete the data set",
        ),
        (
            ["a/cam0/1.png", "a/cam1/x_1.jpg", "a/cam1/y_1.jpg"],
            SCENES,
            r"y_1\.jpg: has frame 1, scene a, like .*x_1\.jpg; make the pattern .* tell them apart",
        ),
    ],
)
def test_what_does_not_pair_is_named(root, touch, files, options, message):
    touch(*files)
    with pytest.raises(SupError, match=message):
        index_pairs("pairs", root, **options)


def test_missing_ground_truth_matters_in_the_split_only(root, touch):
    touch("left/1.png", "left/2.png", "right/1.png", "right/2.png", "d/1.png")
    options = {"left": "left/{frame}.png", "right": "right/{frame}.png", "disparity": "d/{frame}.png"}
    assert len(index_pairs("pairs", root, ":1", **options).rows) == 1
    with pytest.raises(SupError, match=r"d/2\.png: the disparity file of 2\.png is missing; complete the data set"):
        index_pairs("pairs", root, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"csv": "a.csv", "left": "l", "disparity": "d"}, "csv lists all files; leave out left, disparity"),
        ({"left": "/data/left"}, "left must be a path below the root, got '/data/left'"),
        ({"csv": "/a.csv"}, "csv must be a path below the root, got '/a.csv'"),
        ({"left": "l/{frame}.png"}, r"right must have the same placeholders as left \(\{frame\}\), got 'right'"),
        ({"right": "r/{frame}.png"}, r"right must have the same placeholders as left \(no placeholder\), got 'r/"),
        ({**SCENES, "segmentation": "{frame}.npy"}, r"segmentation must have .* as left \(\{frame\}, \{scene\}\), got"),
        ({"disparity_scale": 0}, "disparity_scale must be a positive number, got 0"),
        ({"disparity_scale": float("inf")}, "disparity_scale must be a positive number, got inf"),
        ({"disparity_scale": "256"}, "disparity_scale must be a number, got '256'"),
    ],
)
def test_options_that_contradict_each_other_are_refused_before_the_data_are_there(options, message):
    with pytest.raises(SupError, match=f"layout pairs: {message}"):
        check_layout_options("pairs", options)


def test_a_scale_reaches_the_pairs(root):
    for view in ("left", "right"):
        write_image(root / view / "1.png", np.zeros((1, 2, 3), np.uint8))
    write_disparity(root / "d/1.png", np.array([[0, 2.0]]))  # 512
    rows = index_pairs("pairs", root, disparity="d", disparity_scale=64).rows
    write_manifest(root / "m.csv", rows)
    assert StereoDataset(read_manifest(root / "m.csv"))[0].disparity.tolist() == [[[0, 8]]]


class TestTable:
    @pytest.fixture
    def table(self, root, touch):
        """Writes a table in a folder below the root, and four files beside it."""
        touch(*(f"my pairs/{name}.png" for name in "abcd"))

        def write(text):
            (root / "my pairs/list.csv").write_bytes(text.encode())
            return {"csv": "my pairs/list.csv"}

        return write

    def test_paths_begin_at_its_folder_in_its_order(self, root, table, touch, tmp_path):
        touch("truth/b.npy")
        (tmp_path / "e.png").touch()
        options = table(f"\ufeffright,left,disparity\r\na.png,b.png,../truth/b.npy\r\nc.png,{tmp_path / 'e.png'},\r\n")
        first, second = index_pairs("pairs", root, **options).rows
        folder = root / "my pairs"
        assert first == {"left": f"{folder}/b.png", "right": f"{folder}/a.png", "disparity": f"{folder}/../truth/b.npy"}
        assert second == {"left": f"{tmp_path}/e.png", "right": f"{folder}/c.png", "disparity": ""}

    def test_frames_and_exclusions_name_its_files(self, root, table, tmp_path):
        (tmp_path / "list.txt").write_text("my pairs/a.png")
        options = table("left,right\na.png,b.png\nc.png,d.png\n")
        (row,) = index_pairs("pairs", root, ["c"], exclude=tmp_path / "list.txt", **options).rows
        assert row["left"].endswith("c.png")

    def test_its_content_tells_whether_pairs_came(self, root, table):
        digests = [
            names_digest("pairs", root, **table(f"left,right\na.png,b.png\n{more}")) for more in ("", "c.png,d.png")
        ]
        assert len({*digests, names_digest("pairs", root, csv="none.csv")}) == 3

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", r"columns must be left,right\[,disparity\]\[,segmentation\]\[,visible\], found none"),
            ("left;right\na;b\n", "columns must be .*, found left;right"),
            ("left,right,depth\n", "columns must be .*, found left,right,depth"),
            ("left,right,right\n", "columns must be .*, found left,right,right"),
            ("left,right,\x0c\n", r"columns must be .*, found left,right,\\x0c"),
            ("left,right\na.png,b\x1b.png\n", r"row 2: 'b\\x1b\.png' is no usable path"),
            ("left,right\n", "lists no stereo pair"),
            ("left,right\na.png,\n", "row 2 lacks a left or right image"),
            ("left,right\na.png\n", "row 2 lacks a left or right image"),
            ("left,right\na.png,b.png,c.png\n", "row 2 has more fields than there are columns"),
            ("left,right\na.png,b.png\na.png,c.png\n", "row 3 has the left image of row 2; list every pair once"),
            ('left,right\n"a.png,b.png\n', "the table of pairs cannot be read .unexpected end of data"),
        ],
    )
    def test_a_wrong_table_is_named(self, root, table, text, message):
        with pytest.raises(SupError, match=rf"list\.csv: {message}"):
            index_pairs("pairs", root, **table(text))

    def test_a_table_that_is_not_there_is_named(self, root):
        with pytest.raises(SupError, match=r"none\.csv: the table of pairs cannot be read .No such file"):
            index_pairs("pairs", root, csv="none.csv")

    def test_a_listed_file_that_is_not_there_is_named(self, root, table):
        with pytest.raises(SupError, match=r"x\.png: the right file of a\.png is missing"):
            index_pairs("pairs", root, **table("left,right\na.png,x.png\n"))


def test_names_of_images_in_the_root_itself_are_watched(root, touch):
    options = {"left": "l_{frame}.png", "right": "r_{frame}.png"}
    before = names_digest("pairs", root, **options)
    touch("l_1.png", "r_1.png")
    assert names_digest("pairs", root, **options) != before
    assert pairs(root, **options) == [{"left": "l_1.png", "right": "r_1.png"}]
