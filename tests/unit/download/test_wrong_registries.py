"""Registry files that are damaged, mean something else than they say, or are out to do harm."""

import os

import pytest
import yaml

from supcore.download import load_registry
from supcore.errors import SupError
from tests.refusal import check_refusal

FILE = "files: {a: {license: MIT, url: 'http://x/b', size: %s}}"
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
BROKEN = {
    "empty": ("", "the file as a whole: "),
    "list": ("- 1", "the file as a whole: "),
    "nothing in it": ("{}", "the file as a whole: "),
    "unfinished": ("files: [", "cannot be read (…line 1, column 9); correct the path …"),
    "key twice": ("files: {}\nfiles: {}", "cannot be read (the key 'files' stands here again … line 2, column 1);"),
    "inner key twice": (FILE % "1, size: 2", "cannot be read (the key 'size' stands here again"),
    "deep": ("[" * 100_000, "cannot be read (nests too deep);"),
    "rather deep": ("files: " + "[" * 120 + "]" * 120, "cannot be read (nests more than 100 levels deep);"),
    "in itself": ("files: &a [*a]", "cannot be read (nests more than 100 levels deep);"),
    "aliases of aliases": (LAUGHS, "cannot be read (its aliases stand for too many values);"),
    "long number": (FILE % ("9" * 5000), "cannot be read ('999… is no int … line 1"),
    "long hexadecimal number": (
        FILE % ("0x" + "f" * 5000),
        "cannot be read (holds a number of more than 18 digits);",
    ),
    "no date": (FILE % "2024-02-30", "cannot be read ('2024-02-30' is no timestamp … line 1, column"),
    "no number": (FILE % "!!float abc", "cannot be read ('abc' is no float … line 1, column"),
    "no number at all": (FILE % "!!int ''", "cannot be read ('' is no int … line 1, column"),
    "object": (FILE % "!!python/object:os.system x", "cannot be read (could not determine a constructor"),
    "frames without end": (
        "weights: {n: {w: {path: x, trained_on: {kitti2012: '%s:'}}}}" % ("9" * 5000),
        "weights.n.w.trained_on.kitti2012: '999",
    ),
    "URL with a line end": (
        'files: {a: {license: MIT, url: "http://x/b\\n"}}',
        r"files.a.url: 'http://x/b\n' does not",
    ),
    "hash that ends its line": (FILE % ('1, sha256: "%s\\n"' % ("0" * 64)), "files.a.sha256: '000"),
    "red license": (
        'files: {a: {url: "http://x/b", license: "\\e[31m"}}',
        r"files.a.license: '\x1b[31m' does not",
    ),
    "path that is no UTF-8": ('weights: {n: {w: {path: "\\ud800"}}}', r"weights.n.w.path: '\ud800' does not match"),
    "name of two lines": ('weights: {"a\\nb": {}}', r"weights: 'a\nb' does not match"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(tmp_path, case):
    text, line = BROKEN[case]
    path = tmp_path / "weights.yaml"
    path.write_text(text)
    check_refusal(lambda: load_registry(path), tmp_path, f"{path}: {line}")


def test_a_comment_that_is_no_utf_8_is_named(tmp_path):
    path = tmp_path / "weights.yaml"
    path.write_bytes("# für dich\nfiles: {}".encode("latin-1"))
    check_refusal(lambda: load_registry(path), tmp_path, f"{path}: cannot be read ('utf-8' codec can't decode …")


def test_a_registry_that_is_a_pipe_is_refused(tmp_path):
    path = tmp_path / "weights.yaml"
    os.mkfifo(path)
    check_refusal(
        lambda: load_registry(path), tmp_path, f"{path}: cannot be read (not a regular file); correct the path"
    )


@pytest.mark.parametrize("url", ["https://me:secret@x/b", "ftp://me:secret@x/b", "https://me:se@cret@x/b\n"])
def test_a_password_is_refused_and_not_shown(tmp_path, url):
    path = tmp_path / "weights.yaml"
    path.write_text(yaml.safe_dump({"files": {"b.tar": {"url": url, "license": "MIT"}}}))
    with pytest.raises(SupError, match=r"files\.b\.tar\.url: ") as caught:
        load_registry(path)
    assert "cret" not in str(caught.value)
