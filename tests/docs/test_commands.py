"""Every configuration, and every Snakemake command that the documentation names, can be planned without data.

The dry runs are slow together; the checks that need no Snakemake are repeated without it.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, REPOSITORY, blocks, check
from tests.workflow.conftest import Workspace

CONFIGS = sorted(
    path.relative_to(REPOSITORY)
    for folder in ("config", "examples", "tests/workflow/config")
    for path in (REPOSITORY / folder).rglob("*.yaml")
    if path.name not in ("config.schema.yaml", "weights.yaml")
)


def layers(path):
    """A configuration with those that its first line says it stands on, lowest first."""
    header = (REPOSITORY / path).read_text(encoding="utf-8").partition("\n\n")[0]
    command = re.search(r"--configfile ((?:\S+\.yaml ?)+)", header)
    if command:
        return command[1].split()
    below = re.search(r"On top of (\S+\.yaml)", header)
    return [*(layers(below[1]) if below else ()), str(path)]


def commands():
    """Arguments of every complete command in the pages: lines of shell blocks and code in the text."""
    lines = [line for block in blocks("bash") for line in block.code.splitlines()]
    for page in PAGES:
        lines += re.findall(r"`(snakemake [^`]+)`", page.read_text(encoding="utf-8"))
    found = {tuple(shlex.split(line, comments=True)) for line in lines if line.startswith("snakemake ")}
    return sorted(c for c in found if not re.search(r"…|<|\bFILE\b|--report|apptainer", " ".join(c)))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A folder with what the repository's has, and the files that the pages tell a reader to write."""
    workspace = Workspace(tmp_path_factory.mktemp("commands"))
    for folder in ("examples", "tests"):
        (workspace.folder / folder).symlink_to(REPOSITORY / folder)
    for block in blocks("yaml"):
        if name := re.match(r"# (\w+\.yaml)", block.code):
            (workspace.folder / name[1]).write_text(block.code)
    return workspace


def planned(workspace, *arguments):
    command = [Path(sys.executable).with_name("snakemake"), "--snakefile", REPOSITORY / "Snakefile", "--cores", "1"]
    return subprocess.run(
        [*command, *arguments],
        cwd=workspace.folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


@pytest.mark.parametrize("path", CONFIGS, ids=str)
def test_every_configuration_passes_its_checks(path, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    check(layers(path))


@pytest.mark.workflow
@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=str)
def test_every_configuration_can_be_planned(path, workspace):
    dry = planned(workspace, "--dry-run", "--quiet", "all", "--configfile", *layers(path))
    assert dry.returncode == 0, dry.stdout[-2000:]


@pytest.mark.workflow
@pytest.mark.slow
@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_can_be_planned(command, workspace):
    # Options first: a command may end with "--" and its targets.
    dry = planned(workspace, "--dry-run", *command[1:])
    assert dry.returncode == 0, dry.stdout[-2000:]


def test_the_commands_are_found():
    """An expression that finds none would let all tests above pass."""
    assert len(CONFIGS) >= 13
    assert len(commands()) >= 14
    assert layers("config/overlays/real/align_corners.yaml") == [
        "config/real.yaml",
        "config/overlays/real/frames.yaml",
        "config/overlays/real/align_corners.yaml",
    ]
