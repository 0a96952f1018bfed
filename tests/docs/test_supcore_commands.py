"""The commands of the documentation that begin with ``supcore`` run as written, page by page in their order."""

import os
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from supcore.cli.main import main
from tests.docs.blocks import REPOSITORY, blocks


def commands():
    """Arguments of the commands of every page, by page."""
    found = {}
    for block in blocks("bash"):
        for line in block.code.replace("\\\n", " ").splitlines():
            if line.startswith("supcore ") and not block.skipped:
                found.setdefault(block.page, []).append(shlex.split(line)[1:])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("page", commands())
def test_commands_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    for name in ("resources", "examples"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    for arguments in commands()[page]:
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, (arguments, done.output)


def test_the_commands_are_found():
    """None would pass the test above."""
    assert [arguments[0] for arguments in commands()["docs/how-to/own-pairs.md"]] == [
        "attack",
        "show",
        "evaluate",
        "apply",
        "export-card",
    ]
    assert {"README.md", "docs/how-to/own-network.md"} < commands().keys()
