"""Jobs that outlive a killed Snakemake spoil nothing."""

import os
import re
import signal
import subprocess

import pytest

from supcore.perturbation import StereoPerturbation
from tests.waiting import wait_until
from tests.workflow.conftest import SMOKE

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

FOLDER = "results/sups/psmnet/demo/tile32_eps0.02/seed0"
LOG = "logs/train_sup/psmnet/demo/tile32_eps0.02_seed0.log"
LONG, SHORT = 1_000_000, 3


def test_a_job_left_behind_publishes_nothing_over_its_successor(workspace):
    """An out-of-memory killer takes Snakemake alone; its job goes on, the next run starts the same one anew."""
    target, log = f"{FOLDER}/sup.safetensors", workspace.folder / LOG
    long = workspace.changed_config(sups__steps=LONG, sups__checkpoint_every=20)
    output = (workspace.folder / "output.txt").open("w")
    first = subprocess.Popen(
        workspace.command(target, config=long), cwd=workspace.folder, stdout=output, stderr=subprocess.STDOUT,
        start_new_session=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        wait_until(lambda: log.exists() and re.search(r"step \d+ of ", log.read_text()))
        os.kill(first.pid, signal.SIGKILL)  # not its group
        first.wait()
        leftover = workspace.folder / FOLDER / ".sup.abcd1234.safetensors"
        leftover.touch()
        unlocked = workspace.snakemake("--unlock", config=SMOKE)
        assert unlocked.returncode == 0, unlocked.stdout[-2000:]
        os.killpg(first.pid, 0)  # the job lives
        short = workspace.changed_config(sups__steps=SHORT, sups__checkpoint_every=SHORT)
        second = workspace.snakemake(target, "--rerun-incomplete", config=short)
        assert second.returncode == 0, second.stdout[-3000:]
        wait_until(lambda: not alive(first.pid))
        assert StereoPerturbation.load(workspace.folder / target).train_step == SHORT
        assert not leftover.exists()
        assert not list(workspace.folder.glob("results/checkpoints/**/*.pt"))
        assert "a newer process of this job has begun" in (workspace.folder / "output.txt").read_text()
    finally:
        output.close()
        if alive(first.pid):
            os.killpg(first.pid, signal.SIGKILL)


def alive(group):
    """Whether a process of the group lives; what has ended and not been waited for does not."""
    listed = subprocess.run(["ps", "-eo", "pgid,stat"], capture_output=True, text=True, check=True).stdout
    return any(row.split()[0] == str(group) and not row.split()[1].startswith("Z") for row in listed.splitlines()[1:])
