"""A job that had to wait for another run's does not do the same again."""

import json
import subprocess
import sys

import pytest

JOB = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
from snakemake.iocontainers import Namedlist
from supcore.workflow.jobs.job import job

given = {name: Namedlist(fromdict=files) for name, files in json.loads(sys.argv[1]).items()}
snakemake = SimpleNamespace(rule="make", config={"mode": "corrected"}, log=["log"], wildcards={}, **given)
with job(snakemake) as running:
    running.settings["found"] = 1
    Path(snakemake.output.file).write_text("made")
    Path(snakemake.output.folder).mkdir(exist_ok=True)
    print("worked")
"""
FILES = {
    "input": {"data": "input"},
    "output": {"file": "made", "folder": "folder", "provenance": "made.json"},
    "params": {"size": [1, 2], "checkpoint": "job.pt"},
}


def works(folder, changes=None):
    """Whether the body of the job runs; the job ends well."""
    given = json.dumps(FILES | (changes or {}))
    done = subprocess.run([sys.executable, "-c", JOB, given], cwd=folder, capture_output=True, text=True, check=True)
    assert ("another run has made this meanwhile" in done.stderr) == (done.stdout == "")
    return done.stdout == "worked\n"


@pytest.fixture
def made(tmp_path):
    """Folder of a job that has ended."""
    (tmp_path / "input").write_text("data")
    assert works(tmp_path)
    return tmp_path


def test_what_is_made_is_not_made_again(made):
    before = {path.name: path.stat().st_mtime_ns for path in made.glob("made*")}
    assert not works(made)
    assert {path.name: path.stat().st_mtime_ns for path in made.glob("made*")} == before
    assert sorted(path.name for path in made.iterdir()) == ["folder", "input", "log", "made", "made.json"]


@pytest.mark.parametrize("lost", ["made", "made.json", "folder"])
def test_half_of_it_is_not_enough(made, lost):
    (made / lost).rmdir() if lost == "folder" else (made / lost).unlink()
    assert works(made)


@pytest.mark.parametrize("file", ["input", "made", "made.json"])
def test_other_content_is_something_else(made, file):
    (made / file).write_text("{}")
    assert works(made)


def test_other_packages_make_something_else(made):
    record = made / "made.json"
    record.write_text(record.read_text().replace('"torch": "', '"torch": "0.'))
    assert works(made)


def test_other_parameters_make_something_else(made):
    assert works(made, {"params": {"size": [1, 3], "checkpoint": "job.pt"}})


def test_a_job_without_a_checkpoint_waits_for_nobody(made):
    """So nobody can have made it meanwhile."""
    for _ in range(2):
        assert works(made, {"params": {"size": [1, 2]}})
