"""The shipped profiles: they name what there is, and SLURM is asked for what a job needs. No SLURM is needed here."""

import os
import re

import pytest
import yaml

from tests.workflow.conftest import REPOSITORY

pytestmark = pytest.mark.workflow

PROFILES = sorted(folder.name for folder in (REPOSITORY / "profiles").iterdir())
SUP = "results/sups/psmnet/demo/tile32_eps0.02/seed0/sup.safetensors"
OPTIONS = (
    *("--workflow-profile", "slurm", "--verbose", "--rerun-triggers", "mtime"),
    *("--retries", "0", "--slurm-init-seconds-before-status-checks", "1"),
)
INPUTS = (
    *(f"results/manifests/synthetic_driving/{split}.csv" for split in ("train", "validation")),
    "results/weights/psmnet/demo.safetensors",
)


def profile(name):
    return yaml.safe_load((REPOSITORY / f"profiles/{name}/profile.yaml").read_text())


@pytest.fixture(scope="module")
def claims():
    """Memory and run time that the rules claim, by rule."""
    text = "".join(path.read_text() for path in (REPOSITORY / "rules").glob("*.smk"))
    rules = re.split(r"^rule (\w+):\n", text, flags=re.MULTILINE)[1:]
    claim = re.compile(r"\b(mem_mb|runtime)=(\d+),")
    return {
        name: {key: int(value) for key, value in claim.findall(body)}
        for name, body in zip(rules[::2], rules[1::2], strict=True)
    }


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_plans_the_workflow(workspace, name):
    planned = workspace.snakemake("--dry-run", "--workflow-profile", name)
    assert planned.returncode == 0, planned.stdout[-2000:]
    assert "profiles/" + name in planned.stdout.splitlines()[0]


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_rules_that_there_are(claims, name):
    settings = profile(name)
    arrays = [rule.strip() for rule in settings.get("slurm-array-jobs", "").split(",") if rule]
    assert {*settings.get("set-resources", {}), *settings.get("groups", {}), *arrays} <= set(claims)


def test_the_first_attempt_claims_what_the_rule_states_and_the_second_twice_as_much(claims):
    for rule, resources in profile("slurm")["set-resources"].items():
        for key, expression in resources.items():
            first, second = (eval(expression, {"attempt": attempt}) for attempt in (1, 2))
            assert (first, second) == (claims[rule][key], 2 * claims[rule][key]), rule


@pytest.fixture
def submitted(workspace, tmp_path, monkeypatch):
    """Has a SUP optimised and returns the sbatch call.

    Stand-ins for SLURM are found first: a sacct that knows of no account and an sbatch that refuses every job.
    """
    pytest.importorskip("snakemake_executor_plugin_slurm")
    folder = tmp_path / "scheduler"
    folder.mkdir()
    for program, code in (("sacct", 0), ("sbatch", 1)):
        (folder / program).write_text(f"#!/bin/sh\nexit {code}\n")
        (folder / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    for path in INPUTS:
        (workspace.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace.folder / path).touch()

    def submitted(device, *options):
        config = workspace.changed_config(device=device)
        output = workspace.snakemake(SUP, *OPTIONS, *options, config=config).stdout
        calls = re.findall(r"^sbatch call: (.*?) --wrap", output, re.MULTILINE)
        assert len(calls) == 1, output[-3000:]
        return calls[0]

    return submitted


def test_a_job_on_the_cpu_goes_to_the_cpu_partition(submitted):
    call = submitted("cpu")
    assert re.search(" -p cpu -t 720 --mem 8000 .*--cpus-per-task=1", call)
    assert "--gpus" not in call


def test_a_job_on_the_gpu_goes_to_the_gpu_partition(submitted):
    assert re.search(" -p gpu -t 720 --mem 8000 .*--cpus-per-task=1 .*--gpus=1", submitted("cuda"))


def test_a_long_job_on_the_gpu_goes_to_the_partition_for_those(submitted):
    assert re.search(" -p gpu_long -t 2880 .*--gpus=1", submitted("cuda", "--set-resources", "train_sup:runtime=2880"))
