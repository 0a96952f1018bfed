"""Scene Flow's folders: images in either format with the disparity of the left view."""

import cv2
import numpy as np
import pytest

from supcore.data.dataset import StereoDataset
from supcore.data.image_io import write_disparity
from supcore.data.indexing import index_pairs
from supcore.data.manifest import StereoSample, read_manifest, write_manifest
from supcore.errors import SupError

SCENES = {
    "flyingthings3d": ("TEST/A/0000", "TEST/B/0001", "TEST/C/0000"),
    "monkaa": ("a_rain_of_stones_x2", "eating_x2"),
    "driving": ("15mm_focallength/scene_backwards/fast", "35mm_focallength/scene_forwards/slow"),
}


@pytest.fixture
def make_scenes(touch):
    def make(layout, frames="frames_finalpass", suffix="png"):
        for scene in SCENES[layout]:
            touch(*(f"{frames}/{scene}/{side}/0006.{suffix}" for side in ("left", "right")))
            touch(f"disparity/{scene}/left/0006.pfm", f"disparity/{scene}/right/0006.pfm")

    return make


@pytest.mark.parametrize("suffix", ["png", "webp"])
@pytest.mark.parametrize("layout", SCENES)
def test_every_scene_is_paired_with_the_left_disparity(root, make_scenes, layout, suffix):
    make_scenes(layout, suffix=suffix)
    assert index_pairs(layout, root).rows == [
        {
            "left": str(root / f"frames_finalpass/{scene}/left/0006.{suffix}"),
            "right": str(root / f"frames_finalpass/{scene}/right/0006.{suffix}"),
            "disparity": str(root / f"disparity/{scene}/left/0006.pfm"),
        }
        for scene in SCENES[layout]
    ]


@pytest.mark.parametrize("layout", SCENES)
def test_webp_archives_have_a_folder_of_their_own(root, make_scenes, layout):
    make_scenes(layout, frames="frames_cleanpass_webp", suffix="webp")
    rows = index_pairs(layout, root, rendering="cleanpass").rows
    assert len(rows) == len(SCENES[layout])
    with pytest.raises(SupError, match=r"frames_finalpass.*: no files match .*\*\.png or .*\*\.webp"):
        index_pairs(layout, root, rendering="finalpass")


@pytest.mark.parametrize("layout", SCENES)
def test_images_in_png_come_before_those_of_the_webp_archives(root, make_scenes, layout):
    make_scenes(layout, frames="frames_finalpass_webp", suffix="webp")
    make_scenes(layout)
    assert {row["left"].rpartition(".")[2] for row in index_pairs(layout, root).rows} == {"png"}


def test_a_letter_listed_twice_counts_once(root, make_scenes):
    make_scenes("flyingthings3d")
    rows = index_pairs("flyingthings3d", root, letters=["B", "A", "B"]).rows
    assert [row["left"].split("/TEST/")[1][0] for row in rows] == ["A", "B"]


def test_letters_of_flyingthings3d(root, make_scenes):
    make_scenes("flyingthings3d")
    rows = index_pairs("flyingthings3d", root, letters=["C", "A"]).rows
    assert [row["left"].split("/TEST/")[1][0] for row in rows] == ["A", "C"]


@pytest.mark.parametrize("layout", SCENES)
def test_a_missing_partner_is_named(root, make_scenes, layout):
    make_scenes(layout)
    scene = SCENES[layout][0]
    (root / f"disparity/{scene}/left/0006.pfm").unlink()
    with pytest.raises(SupError, match=r"left/0006\.pfm: the disparity file of 0006\.png is missing"):
        index_pairs(layout, root)
    (root / f"frames_finalpass/{scene}/left/0006.png").unlink()
    with pytest.raises(SupError, match=r"right/0006\.png: right image without a left one"):
        index_pairs(layout, root)


@pytest.mark.parametrize("layout", SCENES)
def test_a_renamed_folder_of_disparities_is_an_option(root, make_scenes, layout):
    make_scenes(layout)
    (root / "disparity").rename(root / "frames_disparity")
    with pytest.raises(SupError, match="/disparity: the folder of the disparity files is missing") as caught:
        index_pairs(layout, root)
    assert "layout_options.disparity" in str(caught.value)
    rows = index_pairs(layout, root, disparity="frames_disparity").rows
    assert rows[0]["disparity"] == str(root / f"frames_disparity/{SCENES[layout][0]}/left/0006.pfm")


@pytest.mark.parametrize("layout", SCENES)
def test_disparities_may_be_converted_to_png(root, make_scenes, layout):
    """PFM files come first."""
    make_scenes(layout)
    original, converted, *_ = (root / f"disparity/{scene}/left/0006.pfm" for scene in SCENES[layout])
    for path in (original, converted):
        path.with_suffix(".png").touch()
    converted.unlink()
    disparities = [row["disparity"] for row in index_pairs(layout, root).rows]
    assert disparities[:2] == [str(original), str(converted.with_suffix(".png"))]


class TestSaturated:
    """What the release's conversion of PFM to 16-bit PNG leaves."""

    values = np.array([[0.0, 1.999, 255.99, 256.0, 700.3]], np.float32)
    left = np.array([[0.0, 1.99609375, 255.98828125, 255.99609375, 255.99609375]], np.float32)

    @pytest.fixture
    def pairs(self, root):
        """Indexes one pair of FlyingThings3D, and reads it from the manifest."""
        folder = "TEST/A/0000/left/0006"
        for place in (f"frames_finalpass/{folder}.png", f"frames_finalpass/{folder.replace('left', 'right')}.png"):
            (root / place).parent.mkdir(parents=True)
            cv2.imwrite(str(root / place), np.zeros((1, 5, 3), np.uint8))
        self.pfm = root / f"disparity/{folder}.pfm"
        self.pfm.parent.mkdir(parents=True)
        self.pfm.write_bytes(b"Pf\n5 1\n-1\n" + self.values.tobytes())

        def read(**options):
            write_manifest(root / "pairs.csv", index_pairs("flyingthings3d", root, **options).rows)
            return StereoDataset(read_manifest(root / "pairs.csv"))

        return read

    @pytest.mark.parametrize(("options", "expected"), [({"saturated": True}, left), ({}, values)])
    def test_is_an_option(self, pairs, options, expected):
        np.testing.assert_array_equal(pairs(**options)[0].disparity[0], expected)

    def test_is_what_a_converted_tree_has(self, pairs):
        saturated = pairs(saturated=True)[0].disparity
        write_disparity(self.pfm.with_suffix(".png"), saturated[0].numpy())
        self.pfm.unlink()
        for options in ({}, {"saturated": True}):
            np.testing.assert_array_equal(pairs(**options)[0].disparity, saturated)

    def test_tells_the_pairs_from_others(self, pairs):
        """So that no cache and no checkpoint of one passes for one of the other."""
        assert pairs(saturated=True).identity() != pairs().identity()

    def test_is_told_by_the_manifest(self, tmp_path):
        path = tmp_path / "pairs.csv"
        path.write_text("left,right,disparity,encoding\na,b,c,saturated\na,b,c,\n", encoding="utf-8")
        assert read_manifest(path) == [StereoSample("a", "b", "c", encoding="saturated"), StereoSample("a", "b", "c")]
