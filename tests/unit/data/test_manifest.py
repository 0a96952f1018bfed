"""Manifests: one CSV per data set and split."""

import os

import pytest

from supcore.data.manifest import StereoSample, read_manifest, write_manifest
from tests.refusal import check_refusal

HEADER = b"left,right,disparity\n"
COLUMNS = (
    "manifest columns must be left,right,disparity[,segmentation][,mask][,visible][,encoding][,fit]; "
    "missing {}, unknown {}"
)
NO_CSV = "not a readable manifest CSV (…{}…); make it again, as UTF-8 text"
NO_PATH = "row 2: {} is no usable path; use UTF-8 without control characters, at most 4095 bytes"
INCOMPLETE = "row {} lacks a left or right image; complete it"


@pytest.fixture
def files(tmp_path):
    """Existing files with awkward names."""
    folder = tmp_path / "Daten, 左 und rechts"
    folder.mkdir()
    paths = [folder / f'{name} "x".png' for name in ("left", "right", "disparity", "classes")]
    for path in paths:
        path.write_bytes(b"x")
    return [str(path) for path in paths]


def test_written_and_read_in_order_with_awkward_paths(tmp_path, files):
    left, right, disparity, _ = files
    rows = [{"left": left, "right": right, "disparity": disparity}, {"left": right, "right": left}]
    write_manifest(tmp_path / "m.csv", rows)
    assert read_manifest(tmp_path / "m.csv") == [StereoSample(left, right, disparity), StereoSample(right, left)]


def test_segmentation_is_a_column_only_where_a_row_has_it(tmp_path, files):
    left, right, disparity, classes = files
    row = {"left": left, "right": right, "disparity": disparity}
    write_manifest(tmp_path / "without.csv", [row])
    write_manifest(tmp_path / "with.csv", [row, row | {"segmentation": classes}])
    assert (tmp_path / "without.csv").read_text(encoding="utf-8").splitlines()[0] == "left,right,disparity"
    assert [sample.segmentation for sample in read_manifest(tmp_path / "with.csv")] == ["", classes]


SCRIPTS = "Bild\u00a0für\u3000KITTI 左 👩\u200d🔬.png"


@pytest.mark.parametrize(
    ("content", "sample"),
    [
        (b"\xef\xbb\xbf" + HEADER + b"a,b,c\n", StereoSample("a", "b", "c")),  # the marker of spreadsheets
        (HEADER.replace(b"\n", b"\r\n") + b"a,b,c\r\n", StereoSample("a", "b", "c")),  # line ends of Windows
        (HEADER + b"NA,nan,001\n", StereoSample("NA", "nan", "001")),  # not missing values, no number
        (HEADER + f"{SCRIPTS},{SCRIPTS},\n".encode(), StereoSample(SCRIPTS, SCRIPTS)),
    ],
)
def test_unusual_manifests_are_read_as_they_are_meant(tmp_path, content, sample):
    (tmp_path / "m.csv").write_bytes(content)
    assert read_manifest(tmp_path / "m.csv") == [sample]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", NO_CSV.format("No columns")),
        (HEADER, "the manifest lists no stereo pair; check the data root and the split"),
        (b"left,disparity\na,b\n", COLUMNS.format("['right']", "none")),
        (b"left,right,disparity,depth\na,b,c,d\n", COLUMNS.format("none", "['depth']")),
        (b"left,left,right,disparity\na,b,c,d\n", COLUMNS.format("none", "['left.1']")),
        (b"Left,Right,Disparity\na,b,c\n", COLUMNS.format("['left', 'right', 'disparity']", "['Left',")),
        (
            b"left;right;disparity\na;b;c\n",
            COLUMNS.format("['left', 'right', 'disparity']", "['left;right;disparity']"),
        ),
        (b'[{"left": 1}]', COLUMNS.format("…", "['[{")),
        (HEADER + b"a,b,c\n,b,c\n", INCOMPLETE.format(3)),
        (HEADER + b"a,,c\n", INCOMPLETE.format(2)),
        (HEADER + b"a\n", INCOMPLETE.format(2)),
        (
            HEADER + b"a,b,c,d\n",
            "a row of the manifest has more fields than there are columns; quote names with commas",
        ),
        (HEADER + b"a,b,c\nd,e,f,g\n", NO_CSV.format("Expected 3 fields")),
        (HEADER + b'"a,b,c\n', NO_CSV.format("EOF inside string")),
        (HEADER + "ü,b,c\n".encode("latin-1"), NO_CSV.format("codec can't decode")),
        ((HEADER.decode() + "a,b,c\n").encode("utf-16"), NO_CSV.format("codec can't decode")),
        (HEADER + b"a\0b,c,d\n", NO_PATH.format(r"'a\x00b'")),
        (HEADER + b'"a\nb",c,d\n', NO_PATH.format(r"'a\nb'")),
        (b"\0" * 100, COLUMNS.format("…", "")),
        (HEADER + b"a" * 5_000_000 + b",b,c\n", NO_PATH.format("'aaa…")),
        (b"a" * 5_000_000 + b"\n", COLUMNS.format("…", "['aaa")),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else "",
)
def test_a_wrong_manifest_is_named(tmp_path, content, line):
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    check_refusal(lambda: read_manifest(path), tmp_path, f"{path}: {line}")


def test_a_manifest_that_is_not_there_or_a_folder_is_named(tmp_path):
    none = tmp_path / "none.csv"
    check_refusal(lambda: read_manifest(none), tmp_path, f"{none}: manifest not found; check the path")
    os.mkfifo(tmp_path / "pipe.csv")
    line = f"{tmp_path / 'pipe.csv'}: {NO_CSV.format('not a regular file')}"
    check_refusal(lambda: read_manifest(tmp_path / "pipe.csv"), tmp_path, line)
    check_refusal(lambda: read_manifest(tmp_path), tmp_path, f"{tmp_path}: {NO_CSV.format('Is a directory')}")


@pytest.mark.parametrize("column", ["left", "right", "disparity", "segmentation"])
def test_a_listed_file_that_does_not_exist_is_named_and_nothing_written(tmp_path, files, column):
    row = dict(zip(("left", "right", "disparity", "segmentation"), files, strict=True))
    row[column] = str(tmp_path / "gone.png")
    line = f"{row[column]}: listed as {column} for {tmp_path / 'm.csv'} but not found; check the data root"
    check_refusal(lambda: write_manifest(tmp_path / "m.csv", [row]), tmp_path, line)


def test_no_pairs_are_an_error_that_names_the_manifest(tmp_path):
    """An empty list would give an empty table far downstream."""
    path = tmp_path / "m.csv"
    check_refusal(lambda: write_manifest(path, []), tmp_path, f"{path}: no stereo pairs found; check the data root")


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_file_name_that_is_no_utf_8_is_named_as_a_log_can_hold_it(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")
    with open(path, "wb"):  # noqa: PTH123 (the name of the test's folder is text)
        pass
    line = rf"{tmp_path / 'm.csv'}: left: … \udcff.png' is no usable path; use UTF-8"
    check_refusal(lambda: write_manifest(tmp_path / "m.csv", [{"left": path, "right": path}]), tmp_path, line)
