"""The smoke configuration on a SLURM cluster, undisturbed and under everything that happens on clusters."""

import os
import re
import signal
import time

import pytest

from tests.slurm.conftest import ONE_DATASET, SUP, TABLE, submissions, wait_until
from tests.workflow.conftest import Workspace
from tests.workflow.test_finetuning import TRAINING

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

SUP_JOB = "rule_train_sup"
EVERY = 2  # steps between checkpoints
JOBS = 3  # fewer than the evaluations that are ready at the same time


def test_the_table_is_that_of_a_local_run_with_more_jobs_ready_than_may_be_submitted(workspace, local):
    config = workspace.changed_config(evaluation__datasets=ONE_DATASET)
    code, output = workspace.finish(workspace.start(TABLE, "--jobs", str(JOBS), config=config))
    assert code == 0, output[-4000:]
    assert workspace.read(TABLE) == local.read(TABLE)
    assert workspace.read(SUP) == local.read(SUP)
    for rule, minutes, memory in (
        ("render_scenes", 60, 2000),
        ("evaluate_clean", 240, 8000),
        ("train_sup", 720, 8000),
    ):
        calls = submissions(output, rule)
        assert calls, rule
        for call in calls:
            assert re.search(rf" -p cpu -t {minutes} --mem {memory} .*--cpus-per-task=1 ", call), call
            assert "--gpus" not in call
    assert len(submissions(output, "evaluate_perturbed")) > JOBS
    assert len(submissions(output, "tables")) == 1


def test_a_training_on_two_gpus_starts_once_and_asks_for_more_memory_when_tried_again(workspace, local):
    workspace.take_inputs(local)
    config = workspace.changed_config(
        device="cuda",
        networks__student={"architecture": "psmnet", "weights": {"trained": {"train": "shared"}}},
        training={"shared": {**TRAINING, "processes": 2}},
        sups__weights=["demo", "trained"],
        evaluation__datasets={"synthetic_driving": {"split": "test", "weights": ["demo", "trained"]}},
    )
    target = "results/weights/student/trained.safetensors"
    code, output = workspace.finish(workspace.start(target, "--retries", "1", config=config))
    assert code == 1
    first, second = submissions(output, "train_stereo")
    assert re.search(r" -p gpu_long -t 4320 --mem 16000 --nodes=1 .*--gpus=2 ", first)
    assert re.search(r" -p gpu_long -t 4320 --mem 32000 --nodes=1 .*--gpus=2 ", second)
    logs = list(workspace.folder.glob("logs/slurm/rule_train_stereo/**/*.log"))
    message = "error: config key device: 'cuda' asked for, but PyTorch sees no GPU; use 'cpu'"
    assert [log.read_text().count(message) for log in logs] == [1, 1]


def test_a_sup_killed_by_wall_time_goes_on_and_ends_with_the_same_bytes(workspace, cluster, local, tmp_path_factory):
    workspace.take_inputs(local)
    config = workspace.changed_config(sups__steps=100)
    undisturbed = Workspace(tmp_path_factory.mktemp("undisturbed"))
    process = workspace.start(SUP, config=config)
    wait_until(lambda: workspace.checkpoint().exists(), "the first checkpoint is there")
    os.kill(workspace.training(), signal.SIGSTOP)  # so it cannot end before SLURM ends it
    cluster.reach_wall_time()
    finished = undisturbed.snakemake(SUP, config=config, cores=1)
    assert finished.returncode == 0, finished.stdout[-4000:]
    code, output = workspace.finish(process)
    assert code == 0, output[-4000:]
    assert "SLURM status is: 'TIMEOUT'" in output
    last_log = workspace.read("logs/train_sup/psmnet/demo/tile32_eps0.02_seed0.log").decode()
    assert int(re.search(r" step (\d+) of ", last_log)[1]) > EVERY  # not from the start
    assert workspace.read(SUP) == undisturbed.read(SUP)
    assert not workspace.checkpoint().exists()


def test_snakemake_can_be_killed_and_started_again_beside_its_running_jobs(workspace, cluster, local):
    workspace.take_inputs(local)
    process = workspace.start(SUP)
    wait_until(lambda: any(SUP_JOB in comment for comment in cluster.running()), "the SUP is being optimized")
    process.kill()
    process.wait()
    assert cluster.running()  # SLURM goes on with them
    unlocked = workspace.snakemake("--unlock")
    assert unlocked.returncode == 0, unlocked.stdout
    code, output = workspace.finish(workspace.start(SUP))
    assert code == 0, output[-4000:]
    wait_until(lambda: not cluster.running(), "the jobs of the first Snakemake have ended, too")
    assert workspace.read(SUP) == local.read(SUP)
    again = workspace.snakemake(SUP, "--dry-run")
    assert "Nothing to be done" in again.stdout, again.stdout[-4000:]


def test_the_controller_may_be_down_for_a_while(workspace, cluster, local):
    process = workspace.start(SUP)
    wait_until(lambda: len(cluster.working()) >= 2, "jobs have got as far as their work")
    cluster.stop_controller()
    try:
        time.sleep(10)
        assert process.poll() is None
    finally:
        cluster.start_controller()
    code, output = workspace.finish(process)
    assert code == 0, output[-4000:]
    assert workspace.read(SUP) == local.read(SUP)
