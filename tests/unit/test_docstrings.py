"""The examples in the docstrings print what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import supcore

ROOT = Path(supcore.__file__).parent
MODULES = sorted(
    ".".join(("supcore", *path.relative_to(ROOT).with_suffix("").parts))
    for path in ROOT.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write files
    results = doctest.testmod(import_module(name))
    assert results.attempted > 0, "the examples are not found"
    assert results.failed == 0, "see the output above"
