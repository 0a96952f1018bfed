"""Jobs on one machine get GPUs of their own. No card is needed: which there are is stated in the environment."""

import os
import signal
import subprocess
import sys
import time

import pytest

from supcore.errors import SupError
from supcore.workflow.gpu_slots import VISIBLE, claim_gpus

JOB = """
import multiprocessing, os, sys
from supcore.workflow.gpu_slots import claim_gpus
count = int(sys.argv[1])
print(*claim_gpus(count), flush=True)
assert os.environ["CUDA_VISIBLE_DEVICES"].count(",") == count - 1
worker = multiprocessing.get_context("fork").Process(target=len, args=("",))  # as data loaders start them
worker.start()
worker.join()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path):
    """Starts a job that claims cards, prints them and keeps them until it is ended."""
    jobs = []

    def start(count, cards="0,1,2,3", **environment):
        variables = {**os.environ, "TMPDIR": str(tmp_path), **environment}
        variables.pop(VISIBLE, None)
        if cards is not None:
            variables[VISIBLE] = cards
        command = [sys.executable, "-c", JOB, str(count)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        jobs.append(subprocess.Popen(command, env=variables, text=True, **pipes))
        return jobs[-1]

    yield start
    for job in jobs:
        job.kill()
        job.wait()
        job.stdout.close()


def cards_of(job):
    cards = job.stdout.readline().split()
    assert job.stdout.readline() == "ready\n"
    return cards


def end(job):
    job.stdin.close()
    job.wait()


def test_jobs_side_by_side_get_different_cards(start):
    jobs = [start(1) for _ in range(4)]
    assert sorted(card for job in jobs for card in cards_of(job)) == ["0", "1", "2", "3"]


def test_a_job_waits_until_enough_cards_are_free_at_once(start):
    one, two = start(1, "0,1,2"), start(1, "0,1,2")
    first, second = cards_of(one), cards_of(two)
    training = start(2, "0,1,2")
    time.sleep(1)
    assert training.poll() is None
    end(one)
    assert sorted(cards_of(training)) == sorted({"0", "1", "2"} - set(second))
    assert first != second


def test_the_cards_of_a_killed_job_are_free_again(start):
    holder = start(2, "0,1,2")
    held = cards_of(holder)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert sorted(cards_of(start(2, "0,1,2"))) == held


def test_a_given_set_of_just_as_many_cards_is_taken_as_it_is(start):
    jobs = [start(1, "GPU-8d2a") for _ in range(2)]
    assert [cards_of(job) for job in jobs] == [["GPU-8d2a"]] * 2


def test_jobs_of_slurm_share_numbers_but_not_cards(start):
    jobs = [start(1, "0,1", SLURM_JOB_ID=number) for number in ("7", "7", "8")]
    assert sorted(cards_of(jobs[0]) + cards_of(jobs[1])) == ["0", "1"]
    assert cards_of(jobs[2]) == ["0"]


@pytest.mark.parametrize(("given", "names"), [("0,1", "names 2"), ("", "names 0")])
def test_too_few_cards_are_one_clear_line(monkeypatch, given, names):
    monkeypatch.setenv(VISIBLE, given)
    with pytest.raises(SupError, match=f"^GPUs needed: 3, but {VISIBLE}={given} {names}; [^\n]*$"):
        claim_gpus(3)


def test_parts_of_a_card_keep_their_names(start):
    parts = ["MIG-GPU-a/1/0", "MIG-GPU-a/2/0"]
    first, second = (start(1, cards=",".join(parts)) for _ in range(2))
    assert sorted([*cards_of(first), *cards_of(second)]) == parts
