"""Whatever is killed, and when: unlocked, the same command completes and makes the bytes of an undisturbed run."""

import os
import random
import re
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
import yaml

from tests.workflow.conftest import REPOSITORY, SMOKE, Workspace
from tests.workflow.test_finetuning import TRAINING

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

CHECKPOINT = REPOSITORY / "resources/demo_weights/psmnet.safetensors"
TABLE = "results/tables/transfer.csv"


@dataclass(frozen=True)
class Stage:
    """What is killed: the file that is asked for, what Snakemake says when its job starts, how long that takes."""

    file: str
    message: str
    benchmark: str


STAGES = {
    "download_weights": Stage(
        "results/downloads/psmnet/mine.checkpoint", "Fetching the weights mine of psmnet", "download/psmnet/mine.tsv"
    ),
    "train_sup": Stage(
        "results/sups/psmnet/mine/tile32_eps0.02/seed0/sup.safetensors",
        "Optimizing a SUP on psmnet",
        "train_sup/psmnet/mine/tile32_eps0.02_seed0.tsv",
    ),
    "train_stereo": Stage(
        "results/weights/student/trained.safetensors", "Training student", "train_stereo/student/trained.tsv"
    ),
    "evaluate_perturbed": Stage(
        "results/evaluations/synthetic_driving/psmnet/mine/from-psmnet.csv",
        "Evaluating psmnet on synthetic_driving under perturbations from psmnet",
        "evaluate_perturbed/synthetic_driving/psmnet/mine/psmnet.tsv",
    ),
    "study_table": Stage(TABLE, "Table of", "tables/transfer.tsv"),
}
KILLS = int(os.environ.get("KILLS", "1"))  # of each
EVERY = 3  # steps between two checkpoints


class SlowFile(BaseHTTPRequestHandler):
    """Serves the checkpoint in pieces, for about two seconds, from the byte that is asked for."""

    def do_GET(self):
        content = CHECKPOINT.read_bytes()
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        piece = len(content) // 20
        try:
            for place in range(start, len(content), piece):
                self.wfile.write(content[place : place + piece])
                time.sleep(0.1)
        except ConnectionError:  # the reader was killed
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowFile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/psmnet.safetensors"
    server.shutdown()


def prepare(folder, address):
    """A workspace whose graph downloads, trains, optimizes, evaluates and summarizes."""
    workspace = Workspace(folder)
    networks = yaml.safe_load(SMOKE.read_text())["networks"]
    options = networks["psmnet"]["options"]
    registry = {
        "files": {"psmnet.safetensors": {"url": address, "license": "ours"}},
        "weights": {"psmnet": {"mine": {"file": "psmnet.safetensors"}}},
    }
    (folder / "registry.yaml").write_text(yaml.safe_dump(registry))
    workspace.config = workspace.changed_config(
        networks={
            "psmnet": {"options": options, "weights": {"mine": {"registry": "mine"}}},
            "student": {"architecture": "psmnet", "options": options, "weights": {"trained": {"train": "short"}}},
        },
        weights_registry="registry.yaml",
        training={"short": {**TRAINING, "epochs": 9, "change_at": [5], "checkpoint_every": EVERY}},
        sups__sources={"psmnet": {}},
        sups__weights=["mine"],
        sups__steps=20,
        sups__checkpoint_every=EVERY,
        evaluation__datasets={"synthetic_driving": {"split": "test", "weights": ["mine", "trained"]}},
    )
    return workspace


@pytest.fixture(scope="module")
def undisturbed(address, tmp_path_factory):
    workspace = prepare(tmp_path_factory.mktemp("undisturbed"), address)
    finished = workspace.snakemake(TABLE, config=workspace.config)
    assert finished.returncode == 0, finished.stdout[-3000:]
    return workspace


@contextmanager
def running(workspace, command):
    """Snakemake and its jobs in a process group of their own, their output in a file."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with (workspace.folder / "output.txt").open("w") as output:
        process = subprocess.Popen(
            command, cwd=workspace.folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env=environment,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def killed_during(workspace, rule, after):
    """Whether a run was killed that long after a job of the rule had started; False if all was done by then."""
    log = workspace.folder / "output.txt"
    with running(workspace, workspace.command(STAGES[rule].file, config=workspace.config)) as process:
        while process.poll() is None and not re.search(rf"Job \d+: {STAGES[rule].message}", log.read_text()):
            time.sleep(0.05)
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            return True
    assert process.returncode == 0, log.read_text()[-3000:]
    return False


def unlock(workspace):
    """What Snakemake asks for after it was killed itself."""
    unlocked = workspace.snakemake("--unlock", config=workspace.config)
    assert unlocked.returncode == 0, unlocked.stdout[-3000:]


def duration(workspace, rule):
    """Seconds that the rule's job took, with the start of its processes."""
    text = workspace.read(f"benchmarks/{STAGES[rule].benchmark}").decode()
    return float(text.splitlines()[1].split("\t")[0]) + 3


def lost_steps(workspace, rule):
    """Steps that a killed job's log knows and its checkpoint does not; 0 before the first checkpoint."""
    checkpoints = list((workspace.folder / "results/checkpoints").glob("**/*.pt"))
    logs = (workspace.folder / "logs" / rule).glob("**/*.log")
    steps = [int(step) for log in logs for step in re.findall(r"step (\d+)(?::| of)", log.read_text())]
    if not checkpoints or not steps:
        return 0
    return steps[-1] - torch.load(checkpoints[0], weights_only=True)["step"]


def test_twenty_kills_leave_no_trace(undisturbed, address, tmp_path):
    workspace, moments = prepare(tmp_path, address), random.Random(0)
    for rule in STAGES:
        longest, kills = duration(undisturbed, rule), 0
        while kills < KILLS:
            if killed_during(workspace, rule, moments.uniform(0, longest)):
                kills += 1
                unlock(workspace)
                assert not rule.startswith("train") or lost_steps(workspace, rule) <= EVERY
            else:  # too late: once more from nothing
                (workspace.folder / STAGES[rule].file).unlink()
        finished = workspace.snakemake(STAGES[rule].file, config=workspace.config)
        assert finished.returncode == 0, finished.stdout[-3000:]
    for stage in STAGES.values():
        assert workspace.read(stage.file) == undisturbed.read(stage.file), stage.file
    assert not list(workspace.folder.glob("results/checkpoints/**/*.pt"))


def test_a_second_run_is_refused_and_a_dry_run_leaves_its_lock(workspace):
    other = workspace.folder / "other.smk"
    other.write_text(
        'rule:\n    output: "done.txt"\n    shell: "until [ -e go ]; do sleep 0.1; done; touch {output}"\n'
    )
    snakemake, *_ = workspace.command()
    command = [snakemake, "--snakefile", str(other), "--cores", "1"]
    with running(workspace, command) as first:
        while not (locks := list(workspace.folder.glob(".snakemake/locks/*.lock"))):
            assert first.poll() is None, (workspace.folder / "output.txt").read_text()[-3000:]
            time.sleep(0.05)
        planned = workspace.snakemake("--dry-run")
        assert planned.returncode == 0, planned.stdout[-3000:]
        assert all(lock.exists() for lock in locks)
        second = subprocess.run(command, cwd=workspace.folder, capture_output=True, text=True, check=False)
        assert second.returncode != 0
        assert "Directory cannot be locked" in second.stderr
        (workspace.folder / "go").touch()
        assert first.wait(timeout=600) == 0
    assert not any(lock.exists() for lock in locks)
