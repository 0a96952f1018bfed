"""Folders of data sets that hold empty files."""

import pytest


@pytest.fixture
def root(tmp_path):
    """A data root with spaces and letters beyond ASCII in its path."""
    folder = tmp_path / "Daten, 左 und rechts" / "Straße 1"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def touch(root):
    """Makes empty files below the root."""

    def make(*paths):
        for path in paths:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()

    return make
