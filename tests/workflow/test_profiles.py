"""The shipped profiles: they name what there is, and SLURM is asked for what a job needs. No SLURM is needed here."""

import os
import re
import shutil

import pytest
import yaml

from tests.workflow.conftest import REPOSITORY
from tests.workflow.test_finetuning import FINETUNING, TRAINING

pytestmark = pytest.mark.workflow

PROFILES = sorted(folder.name for folder in (REPOSITORY / "profiles").iterdir())
SUP = "results/sups/psmnet/demo/tile32_eps0.02/seed0/sup.safetensors"
OPTIONS = (
    *("--workflow-profile", "slurm", "--verbose", "--rerun-triggers", "mtime"),
    *("--retries", "1", "--slurm-init-seconds-before-status-checks", "1"),
)
ROBUST = FINETUNING | {"sups": {"sources": ["psmnet"], "sizes": ["tile32"], "epsilons": [0.02]}}
INPUTS = (
    *(f"results/manifests/synthetic_driving/{split}.csv" for split in ("train", "validation")),
    "results/weights/psmnet/demo.safetensors",
)


def profile(name):
    return yaml.safe_load((REPOSITORY / f"profiles/{name}/profile.yaml").read_text())


@pytest.fixture(scope="module")
def rules():
    """The text of each rule."""
    text = "".join(path.read_text() for path in (REPOSITORY / "rules").glob("*.smk"))
    parts = re.split(r"^rule (\w+):\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_plans_the_workflow(workspace, name):
    planned = workspace.run(workspace.command("--dry-run", "--workflow-profile", name))
    assert planned.returncode == 0, planned.stdout[-2000:]
    assert "profiles/" + name in planned.stdout.splitlines()[0]
    assert "Job 0: Everything is made" in planned.stdout
    assert max(map(len, planned.stdout.splitlines())) < 500  # no job lists all of its inputs


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_rules_that_there_are(rules, name):
    settings = profile(name)
    assert {*settings.get("set-resources", {}), *settings.get("groups", {})} <= set(rules)


def test_no_profile_submits_arrays():
    """Of a rule with more ready jobs than `jobs`, the plugin drops those that do not make up a whole array."""
    assert [name for name in PROFILES if "slurm-array-jobs" in profile(name)] == []


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_chooses_jobs_without_solving_a_program(name):
    """Which takes most of a second for each of them where hundreds are ready."""
    assert profile(name)["scheduler"] == "greedy"
    assert profile(name)["scheduler-greedy-omit-prioritize-by-temp-and-input"] is True


def test_small_jobs_claim_the_same_from_every_scheduler():
    claimed = [profile(name).get("default-resources") for name in ("default", "slurm")]
    assert claimed == [{"mem_mb": "2000 * attempt", "runtime": "10 * attempt"}] * 2


@pytest.fixture
def submitted(workspace, tmp_path, monkeypatch):
    """Has a SUP optimized, or another file made, and returns the sbatch calls of the two attempts.

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
    for split in ("train", "validation"):
        for kind in ("cache", "data"):
            (workspace.folder / f"results/{kind}/synthetic_driving/{split}").mkdir(parents=True, exist_ok=True)

    def submitted(device, *options, target=SUP, **changes):
        # A later --workflow-profile among the options replaces ours.
        config = workspace.changed_config(device=device, **changes)
        output = workspace.snakemake(target, *OPTIONS, *options, config=config, cores=8).stdout
        calls = re.findall(r"^sbatch call: (.*?) --wrap", output, re.MULTILINE)
        assert len(calls) == 2, output[-3000:]
        return calls

    return submitted


def test_a_job_on_the_cpu_goes_to_the_cpu_partition(submitted):
    first, second = submitted("cpu")
    assert re.search(" -p cpu -t 720 --mem 8000 .*--cpus-per-task=1", first)
    assert re.search(" -p cpu -t 720 --mem 16000 .*--cpus-per-task=1", second)
    assert "--gpus" not in first


def test_a_job_on_the_gpu_goes_to_the_gpu_partition(submitted):
    assert re.search(" -p gpu -t 720 --mem 8000 .*--cpus-per-task=1 .*--gpus=1", submitted("cuda")[0])


def test_a_long_job_on_the_gpu_goes_to_the_partition_for_those(submitted):
    first, _ = submitted("cuda", "--set-resources", "train_sup:runtime=2880")
    assert re.search(" -p gpu_long -t 2880 .*--gpus=1", first)


@pytest.mark.parametrize(
    ("site", "asked"),
    [
        ("gpu: 0, gres: 'gpu:1'", "--gres=gpu:1"),
        ("gpu: 0, gres: 'gpu:a100:1'", "--gres=gpu:a100:1"),
        ("gpu_model: a100", "--gpus=a100:1"),
        ("constraint: a100|h100", "-C 'a100|h100'"),
        ("qos: long", "--qos=long"),
    ],
)
def test_a_site_says_in_one_place_how_jobs_ask_for_a_gpu(submitted, rules, tmp_path, site, asked):
    shutil.copytree(REPOSITORY / "profiles/slurm", tmp_path / "site")
    path = tmp_path / "site/profile.yaml"
    text = path.read_text().replace("&network {", "&network {" + site + ", ")
    path.write_text(text)
    resources = yaml.safe_load(text)["set-resources"]
    for rule in (name for name, body in rules.items() if " gpu=" in body):
        assert yaml.safe_load("{" + site + "}").items() <= resources[rule].items(), rule
    first, _ = submitted("cuda", "--workflow-profile", str(path.parent))
    assert f" {asked}" in first
    assert " -p gpu " in first
    assert (" --gpus=" in first) == ("gpu: 0" not in site)


@pytest.mark.parametrize(
    ("kind", "key", "recipe"), [("train", "training", TRAINING), ("finetune", "finetuning", ROBUST)]
)
def test_a_training_on_several_gpus_is_one_task_on_one_node(workspace, submitted, kind, key, recipe):
    if kind == "finetune":
        (workspace.folder / SUP).parent.mkdir(parents=True)
        (workspace.folder / SUP).touch()
    first, second = submitted(
        "cuda",
        target="results/weights/student/mine.safetensors",
        networks__student={"architecture": "psmnet", "weights": {"mine": {kind: "shared"}}},
        sups__weights=["demo", "mine"],
        evaluation__datasets={"synthetic_driving": {"split": "test", "weights": ["demo", "mine"]}},
        threads=2,
        workers=3,
        **{key: {"shared": {**recipe, "processes": 4, "batch": 4}}},
    )
    assert re.search(r" --mem 44000 --nodes=1 --cpus-per-task=8 .*--gpus=4$", first)
    assert re.search(r" --mem 88000 --nodes=1 --cpus-per-task=8 .*--gpus=4$", second)
    assert "ntasks" not in first  # with --ntasks-per-gpu the script would start once a GPU
