"""Jobs on one machine get GPUs of their own. No card is needed: which there are is stated in the environment."""

import os
import shutil
import signal
import subprocess
import sys
import time
from uuid import uuid4

import pytest

from supcore.errors import SupError
from supcore.workflow import gpu_slots
from supcore.workflow.gpu_slots import VISIBLE, claim_gpus
from tests.hosts import on_host

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
    """Starts a job that claims cards, prints them and keeps them until it is ended.

    All belong to one job of SLURM's, or several, so that other tests have cards of the same names.
    """
    jobs, own = [], f"test-{uuid4()}"

    def start(count, cards="0,1,2,3", slurm="", before=(), **environment):
        variables = {**os.environ, "SLURM_JOB_ID": own + slurm, **environment}
        variables.pop(VISIBLE, None)
        if cards is not None:
            variables[VISIBLE] = cards
        command = [*before, sys.executable, "-c", JOB, str(count)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        jobs.append(subprocess.Popen(command, env=variables, text=True, **pipes))
        return jobs[-1]

    yield start
    for job in jobs:
        job.kill()
        job.wait()
        job.stdout.close()
    for folder in gpu_slots.PLACE.glob(f"supcore-gpus-*/slurm-{own}*"):
        shutil.rmtree(folder)


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


def test_containers_with_one_temporary_folder_share_the_cards(start):
    """Neither sees the other's processes, nor a name of the machine that they have in common."""
    first, second = (start(1, "0,1", before=on_host(name)) for name in ("here", "there"))
    assert sorted([*cards_of(first), *cards_of(second)]) == ["0", "1"]
    third = start(1, "0,1", before=on_host("elsewhere"))
    first.kill()
    assert cards_of(third) in (["0"], ["1"])


def test_temporary_folders_of_their_own_do_not_part_jobs(start, tmp_path):
    jobs = [start(1, "0,1", TMPDIR=str(tmp_path / name)) for name in ("a", "b")]
    assert sorted(card for job in jobs for card in cards_of(job)) == ["0", "1"]


def test_the_number_and_the_uuid_of_a_card_exclude_each_other(start, tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf '0, GPU-aa11-x\\n1, GPU-bb22-y\\n'\n")
    program.chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    number = start(1, "0,1", PATH=path)
    assert cards_of(number) == ["0"]
    assert cards_of(start(1, "GPU-aa,GPU-bb22-y", PATH=path)) == ["GPU-bb22-y"]


@pytest.mark.parametrize("spoil", [lambda own: own.chmod(0o777), lambda own: own.rename(own.with_name("elsewhere"))])
def test_a_place_that_others_may_write_to_is_refused(monkeypatch, tmp_path, spoil):
    """Made in advance with rights for all, or a link to elsewhere: its owner could rename locks away."""
    monkeypatch.setattr(gpu_slots, "PLACE", tmp_path)
    monkeypatch.setenv(VISIBLE, "0,1")
    own = tmp_path / f"supcore-gpus-{os.getuid()}"
    own.mkdir(mode=0o700)
    spoil(own)
    if not own.exists():
        own.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SupError, match=r"must be a folder that only you may write to"):
        claim_gpus(1)


def test_a_given_set_of_just_as_many_cards_is_taken_as_it_is(start):
    jobs = [start(1, "GPU-8d2a") for _ in range(2)]
    assert [cards_of(job) for job in jobs] == [["GPU-8d2a"]] * 2


def test_jobs_of_slurm_share_numbers_but_not_cards(start):
    jobs = [start(1, "0,1", slurm=number) for number in ("7", "7", "8")]
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
