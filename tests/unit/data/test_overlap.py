"""Pictures that two sets share: by path or by content, and without reading what cannot be equal."""

import shutil

import pytest

from supcore.data.manifest import StereoSample
from supcore.data.overlap import overlap_table, shared_images
from supcore.errors import SupError


@pytest.fixture
def pictures(tmp_path):
    """Writes files; returns samples whose left images they are."""

    def write(folder, **contents):
        (tmp_path / folder).mkdir(exist_ok=True)
        samples = []
        for name, content in contents.items():
            path = tmp_path / folder / f"{name}.png"
            path.write_bytes(content)
            samples.append(StereoSample(str(path), str(path)))
        return samples

    return write


def names(shared):
    return [(first.rpartition("/")[2], second.rpartition("/")[2]) for first, second in shared]


def test_equal_content_is_found_whatever_the_name(pictures):
    raw = pictures("raw", a=b"street 1", b=b"street 2", c=b"longer street")
    benchmark = pictures("kitti", x=b"street 2", y=b"street 3", z=b"another length altogether")
    assert names(shared_images(raw, benchmark)) == [("b.png", "x.png")]
    assert names(shared_images(benchmark, raw)) == [("x.png", "b.png")]


def test_links_and_other_spellings_lead_to_the_same_file(pictures, tmp_path):
    (sample,) = pictures("raw", a=b"street")
    (tmp_path / "link.png").symlink_to(sample.left)
    link = StereoSample(str(tmp_path / "link.png"), "r")
    detour = StereoSample(str(tmp_path / "raw" / ".." / "raw" / "a.png"), "r")
    assert shared_images([sample], [link, detour]) == [(sample.left, link.left), (sample.left, detour.left)]


@pytest.fixture
def folder(tmp_path):
    """Has a size as files have, and cannot be read as one."""
    (tmp_path / "folder").mkdir()
    return StereoSample(str(tmp_path / "folder"), "r")


def test_only_files_of_a_common_size_are_read(pictures, folder):
    """KITTI raw has 48,000 files."""
    raw = [*pictures("raw", a=b"1", b=b"22", c=b"333"), folder]
    benchmark = pictures("kitti", x=b"22", y=b"4444")
    assert names(shared_images(raw, benchmark)) == [("b.png", "x.png")]


def test_a_file_is_not_read_to_find_that_it_equals_itself(folder):
    assert shared_images([folder], [folder]) == [(folder.left, folder.left)]


def test_the_order_is_that_of_the_first_set(pictures):
    first = pictures("a", z=b"1", y=b"22", x=b"3")
    second = pictures("b", x=b"3", y=b"22", z=b"1")
    assert names(shared_images(first, second)) == [("z.png", "z.png"), ("y.png", "y.png"), ("x.png", "x.png")]


def test_nothing_is_shared_with_nothing(pictures):
    assert shared_images([], pictures("a", x=b"1")) == []


def test_an_unreadable_file_is_named(pictures, folder, tmp_path):
    gone = StereoSample(str(tmp_path / "gone.png"), "r")
    with pytest.raises(SupError, match=r"gone\.png: image cannot be read \(No such file"):
        shared_images(pictures("a", x=b"1"), [gone])
    size = (tmp_path / "folder").stat().st_size
    with pytest.raises(SupError, match=r"folder: image cannot be read"):
        shared_images(pictures("b", x=b"1" * size), [folder])


def test_table_has_a_row_for_each_role_and_reported_split(pictures, tmp_path):
    frames = {f"f{number}": f"street {number}".encode() for number in range(8)}
    reported = pictures("kitti", **frames)
    training = pictures("raw", **{name: frames[name] for name in ("f1", "f2", "f3", "f5")})
    training.append(training[0])
    shutil.copyfile(training[0].left, tmp_path / "again.png")
    training.append(StereoSample(str(tmp_path / "again.png"), "r"))
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
