"""Manifests: one CSV per data set and split."""

import pytest

from supcore.data.manifest import StereoSample, read_manifest, write_manifest
from supcore.errors import SupError

HEADER = "left,right,disparity\n"


@pytest.fixture
def files(tmp_path):
    """Existing files with awkward names."""
    folder = tmp_path / "Daten, 左 und rechts"
    folder.mkdir()
    paths = [folder / f'{name} "x".png' for name in ("left", "right", "disparity", "classes")]
    for path in paths:
        path.write_bytes(b"x")
    return [str(path) for path in paths]


def refused(path, text, message):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SupError, match=message) as caught:
        read_manifest(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


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


@pytest.mark.parametrize("column", ["left", "right", "disparity", "segmentation"])
def test_listed_file_that_does_not_exist_is_named_and_nothing_is_written(tmp_path, files, column):
    row = dict(zip(("left", "right", "disparity", "segmentation"), files, strict=True))
    row[column] = str(tmp_path / "gone.png")
    with pytest.raises(SupError, match=f"gone.png: listed as {column} .* not found"):
        write_manifest(tmp_path / "m.csv", [row])
    assert not (tmp_path / "m.csv").exists()


def test_no_pairs_is_an_error_that_names_the_manifest(tmp_path):
    """An empty list would give an empty table far downstream."""
    with pytest.raises(SupError, match=r"m\.csv: no stereo pairs found; check the data root"):
        write_manifest(tmp_path / "m.csv", [])


def test_missing_manifest_is_named(tmp_path):
    with pytest.raises(SupError, match=r"none\.csv: manifest not found"):
        read_manifest(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a readable manifest CSV"),
        (HEADER, "lists no stereo pair"),
        ("left,disparity\na,b\n", r"missing \['right'\], unknown none"),
        (HEADER.strip() + ",depth\na,b,c,d\n", r"missing none, unknown \['depth'\]"),
        (HEADER + "a,b,c\n,b,c\n", "row 3 lacks a left or right image"),
        (HEADER + "a,,c\n", "row 2 lacks a left or right image"),
        (HEADER + '"a,b,c\n', "not a readable manifest CSV"),
    ],
)
def test_malformed_manifest_is_refused(tmp_path, text, message):
    refused(tmp_path / "m.csv", text, message)


def test_binary_file_is_refused(tmp_path):
    (tmp_path / "m.csv").write_bytes(bytes(range(128, 256)) * 4)
    with pytest.raises(SupError, match=r"m\.csv: not a readable manifest CSV"):
        read_manifest(tmp_path / "m.csv")


def test_marker_of_spreadsheets_is_no_part_of_the_first_column(tmp_path):
    (tmp_path / "m.csv").write_text(HEADER + "a,b,c\n", encoding="utf-8-sig")
    assert read_manifest(tmp_path / "m.csv") == [StereoSample("a", "b", "c")]


def test_names_that_look_like_missing_values_stay_text(tmp_path):
    (tmp_path / "m.csv").write_text(HEADER + "NA,nan,001\n")
    assert read_manifest(tmp_path / "m.csv") == [StereoSample("NA", "nan", "001")]


def test_row_with_too_many_fields_is_refused(tmp_path):
    """An unquoted comma in a path; read silently, right images would be taken for left ones."""
    refused(tmp_path / "m.csv", HEADER + "a,b,c,d\n", "row|fields")


def test_rows_of_unequal_length_are_refused_in_one_line(tmp_path):
    refused(tmp_path / "m.csv", HEADER + "a,b,c\nd,e,f,g\n", "not a readable manifest CSV")


def test_folder_in_place_of_a_manifest_is_named(tmp_path):
    with pytest.raises(SupError, match="manifest"):
        read_manifest(tmp_path)
