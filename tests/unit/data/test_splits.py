"""Names and slices choose the frames they say, and no others."""

from pathlib import Path

import pytest

from supcore.data.splits import choose
from supcore.errors import SupError

ROOT = Path("/data/kitti")
NUMBERS = (0, 1, 10, 11, 101)


@pytest.fixture
def rows():
    return [{"left": ROOT / f"training/image_2/{number:06d}_10.png"} for number in NUMBERS]


def numbers(rows):
    return [int(row["left"].name[:6]) for row in rows]


@pytest.mark.parametrize("name", ["000010_10", "000010_10.png", "image_2/000010_10", "training/image_2/000010_10.png"])
def test_a_frame_is_named_by_the_end_of_its_path(rows, name):
    assert numbers(choose(rows, [name], ROOT, numbered=True)) == [10]


@pytest.mark.parametrize("name", ["10_10", "000101_1", "00010_10", "mage_2/000010_10", "000010_10.pn", "data/kitti"])
def test_a_part_of_a_name_is_no_frame(rows, name):
    """Whole parts of the path below the root count."""
    with pytest.raises(SupError, match=f"frame '{name}' matches 0 pairs; name exactly one"):
        choose(rows, [name], ROOT, numbered=True)


def test_a_name_of_several_frames_is_refused(rows):
    with pytest.raises(SupError, match="frame 'image_2' matches 5 pairs; name exactly one"):
        choose(rows, ["image_2"], ROOT, numbered=True)


def test_named_frames_keep_the_order_of_their_names(rows):
    assert numbers(choose(rows, ["000101_10", "000000_10"], ROOT, numbered=True)) == [101, 0]


@pytest.mark.parametrize(
    ("frames", "by_number", "by_position"),
    [
        (":", [0, 1, 10, 11, 101], [0, 1, 10, 11, 101]),
        (":1", [0], [0]),
        ("1:", [1, 10, 11, 101], [1, 10, 11, 101]),
        ("1:11", [1, 10], [1, 10, 11, 101]),
        ("2:4", [], [10, 11]),
        ("0:2", [0, 1], [0, 1]),
    ],
)
def test_slices_hold_the_first_and_not_the_last(rows, frames, by_number, by_position):
    assert numbers(choose(rows, frames, ROOT, numbered=True)) == by_number
    assert numbers(choose(rows, frames, ROOT, numbered=False)) == by_position
