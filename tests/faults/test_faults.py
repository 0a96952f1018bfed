"""A file or memory is refused: the job ends with one line, leaves nothing half-written, and succeeds when run again.

Of every rule the first job of a small workflow is run, once for every kind of operation that it does;
``FAULTS=all`` lets every single operation fail, one after another.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from supcore.workflow import forks
from tests.faults.replay import record
from tests.workflow.conftest import SMOKE, SMOKE_STUDIES, Workspace

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler (gcc) for the library of faults"),
]

HARMLESS = {"chmod"}  # some file systems have no rights to give
MEMORY = {"allocate", "map"}
RUST = "memory allocation of"  # safetensors kills its process with these words
# Logs, the provenance in JSON files, and what tells a file from its older self: of one run and not of its result.
OF_THE_RUN = ("logs/", ".json", ".contents")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """The first job of every rule, of a workflow that has run; later ones run with the library of faults."""
    folder = tmp_path_factory.mktemp("faults")
    library = folder / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    workspace_folder = folder / "run"
    workspace_folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(library))
        with forks.stand_in() as python:
            yield record(Workspace(workspace_folder), [SMOKE, SMOKE_STUDIES], folder, python)


def same_everywhere(name: str) -> bool:
    return not any(part in name for part in OF_THE_RUN)


def wrong_bytes(job) -> list[str]:
    """Files that are there with other bytes than at first."""
    paths = {name: job.folder / name for name in job.made if same_everywhere(name)}
    return [name for name, path in paths.items() if path.exists() and path.read_bytes() != job.made[name]]


def unknown_files(job, before: set[str]) -> set[str]:
    return {name for name in job.files() - before - set(job.made) if not name.startswith("results/checkpoints/")}


def chosen(operations) -> list[int]:
    """Numbers of the operations that are to fail: all, or the first of every kind."""
    if os.environ.get("FAULTS") == "all":
        return list(range(1, len(operations) + 1))
    first: dict[str, int] = {}
    for number, (kind, _) in enumerate(operations, start=1):
        first.setdefault(kind, number)
    return list(first.values())


def check_fault(job, number: int, before: set[str]) -> None:
    job.forget()
    outcome = job.run(number)
    kind, path = outcome.operations[number - 1]
    said = f"fault {number}, {kind} {path}: {outcome.output}"
    lines = [line for line in outcome.output.splitlines() if "error:" in line or RUST in line]
    assert "Traceback" not in outcome.output, said
    if outcome.status or kind != "allocate":  # MKL computes without its work memory, and rounds differently
        assert wrong_bytes(job) == [], said
    if outcome.status:
        assert kind not in HARMLESS, said
        assert len(lines) == 1, said
        assert kind not in MEMORY or RUST in lines[0] or "out of memory" in lines[0], said
    else:
        assert [name for name in job.made if not (job.folder / name).exists() and same_everywhere(name)] == [], said
    if kind != "delete" and RUST not in outcome.output:  # what cannot be deleted stays; it killed the process
        assert unknown_files(job, before) == set(), said
    job.forget()
    again = job.run()
    assert again.status == 0, f"after {said}\n{again.output}"
    assert wrong_bytes(job) == [], f"after {said}"
    assert job.files() == before | set(job.made), f"after {said}"


def test_every_fault_is_survived(jobs):
    tried, problems = 0, []
    for rule, job in jobs.items():
        before = job.files() - set(job.made)
        job.forget()
        undisturbed = job.run()
        assert undisturbed.status == 0, f"{rule}: {undisturbed.output}"
        assert wrong_bytes(job) == [], rule
        for number in chosen(undisturbed.operations):
            tried += 1
            try:
                check_fault(job, number, before)
            except AssertionError as error:
                problems.append(f"{rule}: {str(error)[:1500]}")
    print(f"{tried} faults in {len(jobs)} rules")
    assert not problems, "\n\n".join(problems)
    assert len(jobs) > 12
