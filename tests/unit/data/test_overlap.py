"""Pictures that two sets share: by path or by pixels, and without decoding what cannot be equal."""

import numpy as np
import pytest
from PIL import Image

from supcore.data.manifest import StereoSample
from supcore.data.overlap import COLUMNS, looks_at_pictures, overlap_table, shared_images, stated_overlap
from supcore.errors import SupError

PHOTOS = np.random.default_rng(0).integers(0, 256, (8, 24, 32, 3), np.uint8)


@pytest.fixture
def pictures(tmp_path):
    """Writes pictures; returns samples whose left images they are."""

    def write(folder, suffix="png", options=None, **images):
        (tmp_path / folder).mkdir(exist_ok=True)
        samples = []
        for name, image in images.items():
            path = tmp_path / folder / f"{name}.{suffix}"
            Image.fromarray(image).save(path, **options or {})
            samples.append(StereoSample(str(path), str(path)))
        return samples

    return write


def names(shared):
    return [path.rpartition("/")[2] for path in shared]


def test_equal_pictures_are_found_whatever_the_name(pictures):
    raw = pictures("raw", a=PHOTOS[1], b=PHOTOS[2], c=PHOTOS[4, :20])
    benchmark = pictures("kitti", x=PHOTOS[2], y=PHOTOS[3], z=PHOTOS[4])
    assert names(shared_images(raw, benchmark)) == ["b.png"]
    assert names(shared_images(benchmark, raw)) == ["x.png"]


@pytest.mark.parametrize(
    ("suffix", "options"), [("png", {"compress_level": 0}), ("webp", {"lossless": True}), ("bmp", {})]
)
def test_another_compression_does_not_hide_a_picture(pictures, suffix, options):
    """A false all-clear would call leaked results clean."""
    raw = pictures("raw", a=PHOTOS[0], b=PHOTOS[1])
    benchmark = pictures("kitti", suffix, options, x=PHOTOS[1], y=PHOTOS[2])
    assert names(shared_images(benchmark, raw)) == [f"x.{suffix}"]


def test_pictures_that_differ_in_one_pixel_are_not_the_same(pictures):
    other = PHOTOS[0].copy()
    other[-1, -1, -1] ^= 1
    assert shared_images(pictures("raw", a=PHOTOS[0]), pictures("kitti", x=other)) == []


def test_links_and_other_spellings_lead_to_the_same_file(pictures, tmp_path):
    (sample,) = pictures("raw", a=PHOTOS[0])
    (tmp_path / "link.png").symlink_to(sample.left)
    link = StereoSample(str(tmp_path / "link.png"), "r")
    detour = StereoSample(str(tmp_path / "raw" / ".." / "raw" / "a.png"), "r")
    assert shared_images([link, detour], [sample]) == [link.left, detour.left]


def test_a_copy_of_a_frame_that_is_in_both_sets_is_shared_too(pictures):
    original, copy = pictures("raw", a=PHOTOS[0], b=PHOTOS[0])
    assert shared_images([original, copy], [original]) == [original.left, copy.left]


def test_a_file_is_not_read_to_find_that_it_equals_itself(tmp_path):
    broken = StereoSample(str(tmp_path), "a folder")
    assert shared_images([broken], [broken]) == [broken.left]


def test_only_pictures_that_may_be_equal_are_decoded(pictures):
    """KITTI raw has 48,000 frames, most of them of the benchmarks' size."""
    decoded = []
    size, top_rows, pixels = looks_at_pictures()

    def counted(file):
        decoded.append(file.name)
        return pixels(file)

    alike = PHOTOS[1].copy()
    alike[-1] = 0
    raw = pictures("raw", a=PHOTOS[0], b=PHOTOS[1], c=alike, d=PHOTOS[2, :20])
    benchmark = pictures("kitti", x=PHOTOS[1], y=PHOTOS[3])
    assert names(shared_images(benchmark, raw, [size, top_rows, counted])) == ["x.png"]
    assert set(decoded) == {"b.png", "c.png", "x.png"}


def test_the_order_is_that_of_the_first_set(pictures):
    first = pictures("a", z=PHOTOS[1], y=PHOTOS[2], x=PHOTOS[3])
    second = pictures("b", x=PHOTOS[3], y=PHOTOS[2], z=PHOTOS[1])
    assert names(shared_images(first, second)) == ["z.png", "y.png", "x.png"]


def test_nothing_is_shared_with_nothing(pictures):
    assert shared_images([], pictures("a", x=PHOTOS[0])) == []
    assert shared_images(pictures("a", x=PHOTOS[0]), []) == []


def test_an_unreadable_file_is_named(pictures, tmp_path):
    gone = StereoSample(str(tmp_path / "gone.png"), "r")
    with pytest.raises(SupError, match=r"gone\.png: image not found"):
        shared_images(pictures("a", x=PHOTOS[0]), [gone])
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(SupError, match=r"text\.png: image cannot be decoded"):
        shared_images(pictures("b", x=PHOTOS[0]), [StereoSample(str(tmp_path / "text.png"), "r")])


def test_table_has_a_row_for_each_role_and_reported_split(pictures):
    frames = {f"f{number}": photo for number, photo in enumerate(PHOTOS)}
    reported = pictures("kitti", **frames)
    training = pictures("raw", **{name: frames[name] for name in ("f1", "f2", "f3", "f5")})
    training += [training[0], *pictures("copies", f1=frames["f1"])]
    rows = overlap_table(
        {"training": training, "selection": []}, {"kitti2015/validation": reported, "things/test": reported[6:]}
    )
    assert [(row["role"], row["reported"], row["shared"], row["share"]) for row in rows] == [
        ("training", "kitti2015/validation", 4, 0.5),
        ("training", "things/test", 0, 0.0),
        ("selection", "kitti2015/validation", 0, 0.0),
        ("selection", "things/test", 0, 0.0),
    ]
    assert rows[0]["examples"] == [reported[number].left for number in (1, 2, 3)]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert {row["method"] for row in rows} == {"same file or equal pixels of the left image"}


@pytest.mark.parametrize(("frames", "shared"), [(":", 3), ("160:", 2), (":160", 1)])
def test_stated_frames_count_by_their_number(frames, shared):
    """No picture is opened: the weights' training data are not here."""
    reported = [StereoSample(f"k/image_2/{number:06d}_10.png", "r.png") for number in (3, 160, 199)]
    row = stated_overlap("training released weights", "kitti2015/validation", reported, frames)
    assert (row["shared"], row["share"]) == (shared, shared / 3)
    assert row["method"] == "stated with the release"
    assert tuple(row) == COLUMNS
