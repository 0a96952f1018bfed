"""What is known of each data set on disk, and layouts from elsewhere."""

import pytest

from supcore.data.indexing import index_pairs, names_digest
from supcore.data.layouts import LAYOUTS, find_layout
from supcore.errors import SupError

OWN = """
from supcore.data.layouts import Layout
from supcore.data.pairing import find_files, in_sibling_folder


def stereo(root, *, left: str = "cam0"):
    lefts = find_files(root / left, "*.png")
    return [{"left": file, "right": in_sibling_folder(file, left, "cam1")} for file in lefts]


STEREO = Layout(stereo, "{left}/", lambda **_: 3)
NUMBER = 5
"""


@pytest.mark.parametrize(
    ("layout", "options", "total"),
    [
        ("kitti_raw", {}, 47890),
        ("kitti2012", {}, 194),
        ("kitti2012", {"gray": True}, 194),
        ("kitti2015", {}, 200),
        ("flyingthings3d", {}, 4370),
        ("flyingthings3d", {"subset": "TEST", "letters": ["C", "A", "B"]}, 4370),
        ("flyingthings3d", {"subset": "TRAIN", "rendering": "cleanpass"}, 22390),
        ("flyingthings3d", {"subset": "TEST", "letters": ["A", "B"]}, None),
        ("monkaa", {}, 8664),
        ("driving", {}, 4400),
        ("eth3d", {}, 27),
        ("middlebury2014", {"rectification": "imperfect"}, 23),
        ("middeval3", {"resolution": "F"}, 15),
        ("driving_stereo", {"subset": "train"}, 174437),
        ("driving_stereo", {"subset": "test", "size": "full"}, 7751),
        ("driving_stereo", {"subset": "foggy"}, 500),
        ("virtual_kitti2", {}, 21260),
        ("virtual_kitti2", {"scenes": ["Scene01", "Scene18"], "variations": ["fog", "rain", "fog"]}, 1572),
        ("spring", {}, 5000),
        ("spring", {"subset": "test"}, 1000),
        ("pairs", {}, None),
    ],
)
def test_complete_data_sets_have_these_numbers_of_pairs(layout, options, total):
    assert LAYOUTS[layout].expected(options) == total


def test_scene_flow_s_training_pairs_are_the_usual_ones():
    """FlyingThings3D's TRAIN part, Monkaa and Driving together."""
    parts = (("flyingthings3d", {"subset": "TRAIN"}), ("monkaa", {}), ("driving", {}))
    assert sum(LAYOUTS[layout].expected(options) for layout, options in parts) == 35454


@pytest.fixture
def own_layout(tmp_path, monkeypatch):
    """A module outside the library."""
    (tmp_path / "own_layout.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("own_layout")
def test_a_layout_from_elsewhere_is_indexed_like_the_library_s(root, touch):
    touch("cam0/1.png", "cam1/1.png", "front/1.png", "front/2.png")
    pairs = index_pairs("own_layout:STEREO", root)
    assert [row["left"] for row in pairs.rows] == [str(root / "cam0/1.png")]
    assert pairs.warnings == ["1 pairs found, the complete data set has 3"]
    digests = {names_digest("own_layout:STEREO", root, **options) for options in ({}, {"left": "front"})}
    assert len(digests) == 2
    with pytest.raises(SupError, match="layout own_layout:STEREO: left must be text, got 1"):
        index_pairs("own_layout:STEREO", root, left=1)


@pytest.mark.usefixtures("own_layout")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kitti", "unknown layout 'kitti'; known: kitti_raw, kitti2012"),
        ("own_layout:NUMBER", "own_layout:NUMBER is no Layout; make it one of supcore.data.layouts.Layout"),
        ("own_layout:OTHER", "own_layout:OTHER cannot be imported .*; correct the path or the module"),
        ("nowhere:OTHER", "nowhere:OTHER cannot be imported .No module named 'nowhere'.; correct the path"),
    ],
)
def test_a_name_without_a_layout_is_refused(name, message):
    with pytest.raises(SupError, match=message):
        find_layout(name)
