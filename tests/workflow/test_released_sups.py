"""Perturbations that somebody else optimized: read, checked, evaluated, and written back as they came."""

import csv
import json

import numpy as np
import pytest
import torch
import yaml

from supcore.perturbation import StereoPerturbation
from tests.workflow.conftest import REPOSITORY, Workspace

pytestmark = pytest.mark.workflow

FOLDER = "results/sups/theirs/demo/tile32_eps0.02/seed0"
CELL, NOISE = (f"synthetic_driving/psmnet/demo/from-{name}/tile32_eps0.02_seed0" for name in ("theirs", "noise"))
CLEAN = "synthetic_driving/psmnet/demo/clean"


def released(workspace, **changes):
    """A configuration whose only SUPs are files of the authors' kind, made here from random signs."""
    generator = torch.Generator().manual_seed(0)
    sup = StereoPerturbation.random_signs((32, 32), (64, 128), 0.02, generator)
    sup.train_step = 14000
    sup.save(workspace.folder / "psmnet_tile32_norm002.pth")
    registry = yaml.safe_load((REPOSITORY / "config/weights.yaml").read_text())
    registry["perturbations"]["own"] = registry["perturbations"]["authors"] | {"path": "{network}_{size}_{norm}.pth"}
    (workspace.folder / "weights.yaml").write_text(yaml.safe_dump(registry))
    theirs = {"network": "psmnet", "released": "own", "sizes": ["tile32"], "epsilons": [0.02]}
    dataset = {"synthetic_driving": {"split": "test", "weights": ["demo"]}}
    return workspace.changed_config(
        sups__sources={"theirs": theirs | changes}, evaluation__datasets=dataset, weights_registry="weights.yaml"
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("released"))
    targets = ["results/tables/transfer.csv", f"{FOLDER}/sup.pth"]
    targets += [f"results/outputs/{cell}" for cell in (CELL, NOISE, CLEAN)]
    made = workspace.snakemake(*targets, config=released(workspace))
    assert made.returncode == 0, made.stdout[-4000:]
    return workspace


def test_released_perturbations_stand_in_the_table_without_any_optimization(finished):
    rows = list(csv.DictReader(finished.read("results/tables/transfer.csv").decode().splitlines()))
    assert {row["source"] for row in rows} == {"none", "noise", "theirs"}
    assert json.loads(finished.read("results/tables/transfer.json"))["settings"]["overlap"] == []
    text = finished.read("results/evaluations/synthetic_driving/psmnet/demo/from-theirs.txt").decode()
    assert "Validation results @ step=14000:" in text


def test_written_back_it_holds_the_same_bits(finished):
    given, back = (
        torch.load(finished.folder / path, weights_only=True)
        for path in ("psmnet_tile32_norm002.pth", f"{FOLDER}/sup.pth")
    )
    assert back["train_step"] == given["train_step"] == 14000
    for view in ("perturb0_state_dict", "perturb1_state_dict"):
        assert torch.equal(back[view]["weights"], given[view]["weights"])


def test_images_and_disparities_are_written_on_demand(finished):
    folder = finished.folder / "results/outputs" / CELL
    assert len(list((folder / "disparity_output").iterdir())) == 3
    assert json.loads(finished.read(f"results/outputs/{CELL}.json"))["inputs"]["sup"]["sha256"]


def test_so_are_those_of_noise_and_of_clean_images(finished):
    """Noise is at its bound everywhere; clean images come with zeros, as in the paper's code."""
    folder = finished.folder / "results/outputs"
    assert set(np.abs(np.load(folder / NOISE / "perturb0/00000.npy")).ravel()) == {np.float32(0.02)}
    assert not np.load(folder / CLEAN / "perturb0/00000.npy").any()
    origin, output = (np.load(folder / CLEAN / f"disparity_{name}/00002.npy") for name in ("origin", "output"))
    assert np.array_equal(origin, output)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"sizes": ["tile16"]}, "psmnet_tile16_norm002.pth"), ({"epsilons": [0.01]}, "psmnet_tile32_norm001.pth")],
)
def test_a_perturbation_that_is_not_there_is_named(workspace, changes, message):
    made = workspace.snakemake("results/tables/transfer.csv", config=released(workspace, **changes))
    assert made.returncode != 0
    assert message in made.stdout
    assert "Traceback" not in made.stdout
