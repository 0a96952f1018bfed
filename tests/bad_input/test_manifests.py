"""Manifests that name no stereo pairs, or nothing that can be one."""

import os

import pytest

from supcore.data.dataset import load_pair
from supcore.data.layouts import index_pairs, names_digest
from supcore.data.manifest import StereoSample, read_manifest, write_manifest
from tests.bad_input.refusal import check_refusal

HEADER = b"left,right,disparity\n"
COLUMNS = "manifest columns must be left,right,disparity"

# Name: content, fault, remedy.
WRONG = {
    "empty file": (b"", "not a readable manifest CSV", "make it again"),
    "only a header": (HEADER, "lists no stereo pair", "check the data root and the split"),
    "missing column": (b"left,disparity\na,b\n", r"missing \['right'\]", COLUMNS),
    "unknown column": (b"left,right,disparity,depth\na,b,c,d\n", r"unknown \['depth'\]", COLUMNS),
    "column twice": (b"left,left,right,disparity\na,b,c,d\n", r"unknown \['left.1'\]", COLUMNS),
    "other case": (b"Left,Right,Disparity\na,b,c\n", "missing", COLUMNS),
    "semicolons": (b"left;right;disparity\na;b;c\n", "missing", COLUMNS),
    "JSON": (b'[{"left": 1}]', "unknown", COLUMNS),
    "no left image": (HEADER + b"a,b,c\n,b,c\n", "row 3 lacks a left or right image", "complete it"),
    "short row": (HEADER + b"a\n", "row 2 lacks a left or right image", "complete it"),
    "long row": (HEADER + b"a,b,c,d\n", "more fields than there are columns", "quote names with commas"),
    "rows of two lengths": (HEADER + b"a,b,c\nd,e,f,g\n", "Expected 3 fields", "make it again"),
    "open quote": (HEADER + b'"a,b,c\n', "EOF inside string", "make it again"),
    "Latin-1": (HEADER + "ü,b,c\n".encode("latin-1"), "codec can't decode", "as UTF-8 text"),
    "UTF-16": ((HEADER.decode() + "a,b,c\n").encode("utf-16"), "codec can't decode", "as UTF-8 text"),
    "NUL byte in a name": (HEADER + b"a\0b,c,d\n", r"row 2: 'a\\x00b' is no usable path", "without control characters"),
    "NUL bytes only": (b"\0" * 100, "unknown", COLUMNS),
    "line end in a name": (HEADER + b'"a\nb",c,d\n', r"row 2: 'a\\nb' is no usable path", "without control characters"),
    "huge line": (HEADER + b"a" * 5_000_000 + b",b,c\n", "row 2: 'aaa.* no usable path", "at most 4095 bytes"),
    "huge header": (b"a" * 5_000_000 + b"\n", "unknown", COLUMNS),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_manifest_is_named(case, tmp_path):
    text, fault, remedy = WRONG[case]
    path = tmp_path / "pairs.csv"
    path.write_bytes(text)
    check_refusal(lambda: read_manifest(path), tmp_path, path, fault, remedy)


@pytest.mark.parametrize("target", ["gone.png", "../gone.png", "/nowhere/gone.png"])
def test_a_listed_file_that_is_not_there_is_named(tmp_path, target):
    row = {"left": target, "right": target}
    check_refusal(
        lambda: write_manifest(tmp_path / "pairs.csv", [row]), tmp_path, target, "not found", "check the data root"
    )
    check_refusal(lambda: load_pair(StereoSample(**row)), tmp_path, target, "not found", "the data root")


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_file_name_that_is_no_utf_8_is_named_in_characters_that_a_log_can_hold(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")
    with open(path, "wb"):  # noqa: PTH123 (the name of the test's folder is text)
        pass
    row = {"left": path, "right": path}
    culprit = r"\udcff.png"
    check_refusal(
        lambda: write_manifest(tmp_path / "pairs.csv", [row]), tmp_path, culprit, "no usable path", "use UTF-8"
    )


def test_line_ends_of_windows_are_fine(tmp_path):
    (tmp_path / "pairs.csv").write_bytes(HEADER.replace(b"\n", b"\r\n") + b"a,b,c\r\n")
    assert read_manifest(tmp_path / "pairs.csv") == [StereoSample("a", "b", "c")]


def test_spaces_and_letters_of_any_script_are_fine(tmp_path):
    name = "Bild\u00a0für\u3000KITTI 左 👩\u200d🔬.png"
    (tmp_path / "pairs.csv").write_text(f"left,right,disparity\n{name},{name},\n", encoding="utf-8")
    assert read_manifest(tmp_path / "pairs.csv") == [StereoSample(name, name)]


def loop(folder):
    (folder / "root").symlink_to(folder / "other")
    (folder / "other").symlink_to(folder / "root")


def plain_file(folder):
    (folder / "root").write_text("")


def empty_folder(folder):
    (folder / "root").mkdir()


def folder_in_itself(folder):
    (folder / "root/training").mkdir(parents=True)
    (folder / "root/training/image_2").symlink_to(folder / "root")


def links_to_nothing(folder):
    for view in ("image_2", "image_3", "disp_occ_0"):
        (folder / "root/training" / view).mkdir(parents=True)
        (folder / "root/training" / view / "000000_10.png").symlink_to(folder / "gone.png")


@pytest.mark.parametrize(
    ("make", "fault", "remedy"),
    [
        (lambda folder: None, "data root not found", "set datasets.<name>.root"),
        (loop, "data root not found", "set datasets.<name>.root"),
        (plain_file, "data root not found", "set datasets.<name>.root"),
        (empty_folder, "no files match", "check the data root and the layout"),
        (folder_in_itself, "no files match", "check the data root and the layout"),
        (links_to_nothing, "file of 000000_10.png is missing", "complete the data set"),
    ],
)
def test_a_data_root_without_pairs_is_named(tmp_path, make, fault, remedy):
    make(tmp_path)
    check_refusal(lambda: index_pairs("kitti2015", tmp_path / "root"), tmp_path, tmp_path / "root", fault, remedy)
    assert names_digest("kitti2015", tmp_path / "root"), "the workflow asks for it before the root is checked"
