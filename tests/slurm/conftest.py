"""A throw-away SLURM cluster of this one machine, and Snakemake sending its jobs there."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow.conftest import REPOSITORY, SMOKE, Workspace

HERE = Path(__file__).parent
DAEMONS = ("slurmctld", "slurmd", "munged", "sbatch")
# The profile as it is, but for less waiting and more to read.
OPTIONS = (
    *("--workflow-profile", "slurm", "--verbose"),
    *("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "10"),
)
PATIENCE = 1200  # seconds, for what hangs: a slow machine that also runs other tests takes five minutes for a table
TABLE = "results/tables/transfer.csv"
ONE_DATASET = {"synthetic_driving": {"split": "test", "weights": ["demo"]}}
SUP = "results/sups/psmnet/demo/tile32_eps0.02/seed0/sup.safetensors"


class Cluster:
    """Our SLURM, known by its folder."""

    def __init__(self, folder):
        self.folder = folder

    def stop_controller(self):
        pid = int((self.folder / "run/slurmctld.pid").read_text())
        os.kill(pid, 15)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the controller has stopped")

    def start_controller(self):
        subprocess.run(["slurmctld"], check=True, timeout=30)

    def running(self):
        """Comments of the running jobs, which name rule and wildcards."""
        return self._squeue("--states", "RUNNING", "--format", "%k")

    def reach_wall_time(self):
        """Let the limit of the running jobs be over; the controller looks every half a minute."""
        for job in self._squeue("--states", "RUNNING", "--format", "%i"):
            subprocess.run(["scontrol", "update", f"JobId={job}", "EndTime=now"], check=True, timeout=60)

    def working(self):
        """Numbers of the job steps that Snakemake has started inside its jobs."""
        return [step for step in self._squeue("--steps", "--format", "%i") if step.endswith(".0")]

    def _squeue(self, *arguments):
        command = ["squeue", "--noheader", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    missing = [name for name in DAEMONS if not shutil.which(name)]
    if missing or os.getuid() != 0 or Path("/etc/slurm/slurm.conf").exists():
        pytest.skip("needs Debian's slurm-wlm and munge, root, and a machine without a SLURM of its own")
    folder = tmp_path_factory.mktemp("cluster")
    try:
        subprocess.run([HERE / "slurm_up.sh", folder], check=True, timeout=60)
        yield Cluster(folder)
    finally:
        subprocess.run([HERE / "slurm_down.sh", folder], check=False, timeout=120)


class ClusterWorkspace(Workspace):
    """A working directory whose jobs run on the cluster."""

    log = "snakemake.log"
    process = None

    def start(self, *arguments, config=SMOKE):
        """Start Snakemake; its output goes to the file ``log``."""
        snakemake = Path(sys.executable).with_name("snakemake")
        command = [snakemake, "--snakefile", REPOSITORY / "Snakefile", *OPTIONS, *arguments, "--configfile", config]
        with (self.folder / self.log).open("w") as output:
            path = os.pathsep.join((str(HERE), os.environ["PATH"]))  # with our sacct
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "PATH": path}
            self.process = subprocess.Popen(
                list(map(str, command)), cwd=self.folder, stdout=output, stderr=subprocess.STDOUT, env=environment
            )
        return self.process

    def take_inputs(self, finished):
        """Copy what SUPs and trainings start from out of a finished run: no jobs for that."""
        for name in ("data", "manifests", "weights"):
            shutil.copytree(finished.folder / "results" / name, self.folder / "results" / name)

    def finish(self, process):
        """Wait for Snakemake; returns its exit code and its output."""
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()  # on SIGTERM it would wait for its jobs
            process.wait()
            code = "timeout"
        return code, self.output()

    def checkpoint(self):
        return self.folder / "results/checkpoints/train_sup/psmnet/demo/tile32_eps0.02_seed0.pt"

    def training(self):
        """Process number of the script that optimizes the SUP."""
        scripts = f"{self.folder}/.snakemake/scripts/"
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_text().split("\0")
                if len(command) == 3 and command[1].startswith(scripts) and command[1].endswith(".train_sup.py"):
                    return int(entry.name)
        raise AssertionError("no SUP is being optimized")

    def output(self):
        return (self.folder / self.log).read_text()

    def kill_what_is_left(self):
        """Kill processes that SLURM ended but lost sight of: it follows parents, and those may die first."""
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (entry / "cwd").resolve() == self.folder.resolve():
                    os.kill(int(entry.name), 9)


@pytest.fixture
def workspace(cluster, tmp_path):
    workspace = ClusterWorkspace(tmp_path)
    yield workspace
    if workspace.process:
        workspace.process.kill()
    with contextlib.suppress(subprocess.SubprocessError):
        subprocess.run(["scancel", "--user", "root"], check=False, timeout=60)
    workspace.kill_what_is_left()


@pytest.fixture(scope="session")
def local(cluster, tmp_path_factory):
    """The transfer table of one data set, made on this machine without SLURM."""
    workspace = Workspace(tmp_path_factory.mktemp("local"))
    finished = workspace.snakemake(TABLE, config=workspace.changed_config(evaluation__datasets=ONE_DATASET))
    assert finished.returncode == 0, finished.stdout[-4000:]
    return workspace


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE} s: {what}"
        time.sleep(0.2)


def submissions(output, rule):
    """The sbatch calls for a rule, without the wrapped command."""
    calls = [line.split("--wrap=")[0] for line in output.splitlines() if "sbatch call: " in line]
    return [call for call in dict.fromkeys(calls) if f"rule_{rule}" in call]
