"""Files are told by what they contain, not by when they were written or where they lie."""

import json
import os
import shutil
from pathlib import Path

import pytest

from supcore.data import contents
from supcore.data.contents import changed_contents, contents_digest, known_contents, record_contents
from supcore.data.manifest import write_manifest


@pytest.fixture
def files(tmp_path):
    names = ("left.png", "right.png", "disparity.png")
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    return [str(tmp_path / name) for name in names]


@pytest.fixture
def manifest(tmp_path, files):
    path = tmp_path / "manifests" / "train.csv"
    write_manifest(path, [dict(zip(("left", "right", "disparity"), files, strict=True))])
    record_contents(path)
    return path


def replace(file, content):
    """Other content of the same length, and the same time of change."""
    status = Path(file).stat()
    with Path(file).open("r+b") as stream:
        stream.write(content)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_names_and_times_do_not_count_but_order_does(files, tmp_path):
    other = tmp_path / "copy"
    other.mkdir()
    copies = [shutil.copy(file, other / f"{number}.png") for number, file in enumerate(files)]
    assert contents_digest(copies) == contents_digest(files)
    assert contents_digest(reversed(files)) != contents_digest(files)


def test_content_counts_even_where_size_and_time_stay(files):
    before = contents_digest(files)
    replace(files[1], b"RIGHT.png")
    assert contents_digest(files) != before


def test_a_missing_file_and_one_that_there_is_not_are_told_apart(files):
    digests = {contents_digest([files[0], second]) for second in ("", files[1] + ".gone", files[1])}
    assert len(digests) == 3


def test_a_known_file_is_not_read_again_until_it_changes(files, monkeypatch):
    known, read = {}, []
    monkeypatch.setattr(contents, "sha256", lambda file: read.append(file) or f"hash {len(read)}")
    first = contents_digest(files, known)
    assert contents_digest(files, known) == first
    assert sorted(read) == sorted(files)
    os.utime(files[0])
    contents_digest(files, known)
    assert read[3:] == [files[0]]


def test_nothing_changed_until_a_file_is_another(manifest, files):
    assert changed_contents(manifest) == ""
    with Path(files[2]).open("ab") as stream:
        stream.write(b"!")
    changed = changed_contents(manifest)
    assert changed
    assert changed_contents(manifest) == changed, "or its jobs would run again and again"
    Path(files[2]).unlink()
    assert changed_contents(manifest) not in ("", changed)


def test_a_touched_file_is_hashed_once_more_and_then_known(manifest, files, monkeypatch):
    os.utime(files[0])
    assert changed_contents(manifest) == ""
    monkeypatch.setattr(contents, "sha256", lambda file: pytest.fail(f"{file} read again"))
    assert changed_contents(manifest) == ""


def test_without_a_record_nothing_is_known(manifest):
    manifest.with_suffix(".contents").write_text("damaged")
    assert changed_contents(manifest) == ""
    assert known_contents(manifest) == {}
    assert changed_contents(manifest.with_name("none.csv")) == ""


@pytest.mark.parametrize(
    "wrong", [5, [5, "x"], [[5], "x"], [[1, 2, None], "0" * 64], [[1, 2, 3], "0" * 63], ["abc", 7]]
)
def test_a_record_with_an_entry_that_cannot_be_is_as_good_as_none(manifest, files, wrong):
    """Or the next reader would stumble over it."""
    record = manifest.with_suffix(".contents")
    record.write_text(json.dumps(json.loads(record.read_text()) | {"files": {files[0]: wrong}}))
    known = known_contents(manifest)
    assert known == {}
    assert contents_digest(files, known) == contents_digest(files)


@pytest.mark.parametrize("damaged", [b"left,right,disparity\n\xff,b,\n", b"left,right,disparity\n" + b"a" * 200_000])
def test_a_damaged_manifest_has_changed(manifest, damaged):
    """So that it is made again: this is asked before the workflow begins."""
    manifest.write_bytes(damaged)
    assert changed_contents(manifest) != ""


def test_what_no_file_can_be_called_is_missing(files):
    assert contents_digest([f"{files[0]}\0"]) == contents_digest([f"{files[0]}.gone"])
