"""Two hosts work on one folder: they wait for each other, and one goes on where the other died."""

import os
import signal
import subprocess
from contextlib import contextmanager

import pytest

from tests.hosts import on_host
from tests.waiting import wait_until
from tests.workflow.conftest import sharing_workspace

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

FOLDER = "sups/psmnet/demo/tile32_eps0.02/seed0"
LOG = "logs/train_sup/psmnet/demo/tile32_eps0.02_seed0.log"
CHECKPOINT = "checkpoints/train_sup/psmnet/demo/tile32_eps0.02_seed0.pt"
STEPS, EVERY = 40, 4


def prepare(folder, shared):
    return sharing_workspace(folder, shared, sups__steps=STEPS, sups__checkpoint_every=EVERY)


@contextmanager
def running(workspace, name):
    """Snakemake, on a host of its own, optimizes a SUP; its output goes to a file."""
    command = [
        *on_host(name),
        *workspace.command(f"{workspace.shared}/{FOLDER}/sup.safetensors", config=workspace.config),
    ]
    with (workspace.folder / "output.txt").open("w") as output:
        process = subprocess.Popen(
            command, cwd=workspace.folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_a_host_waits_for_another_and_goes_on_where_that_died(tmp_path):
    alone = prepare(tmp_path / "alone", tmp_path / "alone/shared")
    finished = alone.snakemake(f"{alone.shared}/{FOLDER}/sup.safetensors", config=alone.config)
    assert finished.returncode == 0, finished.stdout[-3000:]

    shared = tmp_path / "shared"
    here, there = (prepare(tmp_path / name, shared) for name in ("here", "there"))
    made = here.snakemake(f"{shared}/{FOLDER}/sup.safetensors", "--omit-from", "train_sup", config=here.config)
    assert made.returncode == 0, made.stdout[-3000:]
    with running(here, "here") as first:
        wait_until((shared / CHECKPOINT).exists)
        os.killpg(first.pid, signal.SIGSTOP)
        assert first.poll() is None
        with running(there, "there") as second:
            log = there.folder / LOG
            wait_until(
                lambda: log.exists() and "on here is at work on the same job; waiting for its end" in log.read_text()
            )
            refused = here.snakemake(f"{shared}/{FOLDER}/sup.safetensors", config=here.config)
            assert "Directory cannot be locked" in refused.stdout
            assert "waiting for its end" in log.read_text().splitlines()[-1], "it did not wait"
            assert second.poll() is None
            first.kill()
            assert second.wait(timeout=600) == 0, (there.folder / "output.txt").read_text()[-3000:]
    resumed = log.read_text()
    assert f"step {EVERY} of" not in resumed, "it began anew"
    for name in ("sup.safetensors", "history.csv", "snapshots.safetensors"):
        assert (shared / FOLDER / name).read_bytes() == (alone.shared / FOLDER / name).read_bytes(), name
    assert not list((shared / "checkpoints").rglob("*.pt*"))
