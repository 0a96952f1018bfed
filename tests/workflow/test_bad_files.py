"""Files that cannot be used stop the job with one line that names them, and leave no output behind."""

import pickle
import shutil

import pytest

from tests.workflow.conftest import REPOSITORY

pytestmark = pytest.mark.workflow


def check_stopped(run, line, *absent):
    """The run failed with the line, behind the time, and without traceback or output."""
    assert run.returncode != 0
    assert any(line in shown for shown in run.stdout.splitlines()), run.stdout
    assert "Traceback" not in run.stdout
    assert not any(path.exists() for path in absent)


def test_weights_with_code_stop_their_job_and_are_not_executed(workspace, trap):
    path, target = workspace.folder / "weights.pth", "results/weights/psmnet/demo.safetensors"
    path.write_bytes(pickle.dumps({"state_dict": trap}))
    config = workspace.changed_config(networks__psmnet__weights={"demo": {"bundled": str(path)}})
    refused = workspace.snakemake(target, config=config)
    check_stopped(refused, f"error: {path}: refused", workspace.folder / target, trap.sprung)


def test_weights_that_differ_from_their_provenance_stop_their_job(workspace):
    target, folder = "results/weights/psmnet/demo.safetensors", REPOSITORY / "resources/demo_weights"
    path = workspace.folder / "psmnet.safetensors"
    shutil.copy(folder / "psmnet.json", workspace.folder)
    shutil.copy(folder / "aanet.safetensors", path)
    config = workspace.changed_config(networks__psmnet__weights={"demo": {"bundled": str(path)}})
    refused = workspace.snakemake(target, config=config)
    check_stopped(
        refused,
        f"error: {path}: is damaged or not what {path.with_suffix('.json')} is about",
        workspace.folder / target,
    )


def test_a_truncated_image_stops_its_evaluation(workspace):
    target = "results/evaluations/synthetic_things/psmnet/demo/clean.csv"
    config = workspace.changed_config()
    made = workspace.snakemake("results/manifests/synthetic_things/test.csv", config=config)
    assert made.returncode == 0, made.stdout
    image = next((workspace.folder / "results/data/synthetic_things/test/image_3").iterdir())
    image.write_bytes(image.read_bytes()[:200])
    refused = workspace.snakemake(target, "--rerun-triggers", "mtime", config=config)
    check_stopped(refused, f"image_3/{image.name}: image cannot be decoded", workspace.folder / target)
