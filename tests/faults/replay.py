"""Jobs of a finished workflow, each run again by itself, with one failing operation on files."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.workflow.conftest import Workspace

# In place of Python: keeps the script of every first job of a rule, and the names of the files that the job made.
_RECORDER = """#!/bin/sh
name=$(basename "$1"); rule=${{name#*.}}; kept='{folder}'/"$rule"
mkdir -p results logs
[ -e "$kept" ] && exec '{python}' "$@"
cp "$1" "$kept"
find results logs -type f | sort > "$kept.before"
'{python}' "$@"; status=$?
find results logs -type f | sort | comm -13 "$kept.before" - > "$kept.made"
exit $status
"""


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        status: its exit status.
        output: what it printed.
        operations: kind of every operation in order, and its path below the folder or bytes of memory.
    """

    status: int
    output: str
    operations: list[tuple[str, str]]


class RecordedJob:
    """The first job of a rule in a finished workspace.

    Attributes:
        made: files that it made, and their bytes, as paths from the workspace.
    """

    def __init__(self, workspace: Workspace, script: Path, python: str) -> None:
        self.folder, self.script, self.python = workspace.folder, script, python
        names = script.with_name(f"{script.name}.made").read_text().splitlines()
        self.made = {name: workspace.read(name) for name in names}

    def files(self) -> set[str]:
        """All files of results and logs."""
        found = (path for top in ("results", "logs") for path in (self.folder / top).rglob("*"))
        return {str(path.relative_to(self.folder)) for path in found if path.is_file()}

    def forget(self) -> None:
        """Delete what it made, as Snakemake does before a job."""
        for name in self.made:
            (self.folder / name).unlink(missing_ok=True)

    def run(self, fault: int | None = None) -> Outcome:
        """Run it; operation number ``fault`` (from 1) fails."""
        log = self.script.with_suffix(".operations")
        log.unlink(missing_ok=True)
        environment = {**os.environ, "FAULT_FOLDER": str(self.folder), "FAULT_LOG": str(log)}
        if fault is not None:
            environment["FAULT_AT"] = str(fault)
        ended = subprocess.run(
            [self.python, self.script], cwd=self.folder, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        lines = [line.split(" ", 2) for line in log.read_text().splitlines()] if log.exists() else []
        lines.sort(key=lambda line: int(line[0]))  # threads write theirs in any order
        operations = [(kind, of.removesuffix(" FAILED")) for _, kind, of in lines]
        return Outcome(ended.returncode, ended.stdout, operations)


def record(workspace: Workspace, config: list[Path], folder: Path, python: str) -> dict[str, RecordedJob]:
    """Run a workflow one job after another, and keep the first job of every rule's script, by the script's name.

    Args:
        workspace: where it runs.
        config: configurations.
        folder: for what is kept.
        python: program that runs scripts.
    """
    recorder = folder / "python"
    recorder.write_text(_RECORDER.format(folder=folder, python=python))
    recorder.chmod(0o700)
    start = f"import sys; sys.executable = {str(recorder)!r}; from snakemake.cli import main; main()"
    _, *arguments = workspace.command(config=config, cores=1)
    finished = workspace.run([sys.executable, "-c", start, *arguments])
    assert finished.returncode == 0, finished.stdout[-4000:]
    for left in workspace.folder.glob("results/**/.snakemake_timestamp"):  # in folders, which a job replaces
        left.unlink()
    return {script.stem: RecordedJob(workspace, script, python) for script in sorted(folder.glob("*.py"))}
