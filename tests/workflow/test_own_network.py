"""Networks, a study, a corruption and a layout that are not part of the library go through the workflow."""

import csv
import shutil
import sys
from pathlib import Path

import pytest
import torch
import yaml
from PIL import Image
from snakemake.utils import update_config

from examples.foreign_network import BlockMatcher
from tests.workflow.conftest import REPOSITORY, SMOKE, Workspace

pytestmark = pytest.mark.workflow

TABLE = "results/own_network/tables/transfer.csv"
STUDIES = {
    "corruptions": {"corruptions": ["jpeg", "mine.haze:HAZE"], "sources": ["psmnet"]},
    "tile_shift": {"study": "mine.tile_shift:TileShift", "sources": ["psmnet"], "shifts": [0, 8]},
    "classes": {"datasets": ["synthetic_driving"], "sources": ["psmnet"], "min_pixels": 1, "min_images": 1},
}
DROPPED = "synthetic_things"
MANIFEST = "results/own_network/manifests/two_cameras/all.csv"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of the example on one data set and very little of everything; its networks lie in the working directory."""
    workspace = Workspace(tmp_path_factory.mktemp("own"))
    shutil.copytree(REPOSITORY / "examples", workspace.folder / "mine", ignore=shutil.ignore_patterns("__pycache__"))
    text = (workspace.folder / "mine/own_network.yaml").read_text().replace("examples.", "mine.")
    config = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    update_config(config, yaml.safe_load(text))
    del config["evaluation"]["datasets"][DROPPED]
    config["datasets"]["synthetic_driving"]["splits"] = dict.fromkeys(("train", "validation", "test", "pretrain"), 2)
    config["sups"] |= {"sizes": ["tile32"], "steps": 2, "checkpoint_every": 2}
    recipe = config["training"]["tiny"]
    recipe |= {"steps": 3, "checkpoint_every": 3}
    recipe["datasets"] = [d for d in recipe["datasets"] if d["dataset"] != DROPPED]
    config["studies"] = STUDIES
    layout = {"layout": "mine.two_cameras:TWO_CAMERAS", "layout_options": {"right": "second", "disparity": None}}
    config["datasets"]["two_cameras"] = layout | {"root": "cameras", "splits": {"all": ":"}}
    for view in ("left", "second"):
        (workspace.folder / "cameras" / view).mkdir(parents=True)
        for name in ("a", "b"):
            Image.new("RGB", (128, 64)).save(workspace.folder / f"cameras/{view}/{name}.png")
    weights = {"released": {"bundled": "foreign.pth", "key": "weights", "prefix": "net."}}
    wrapped = {"architecture": "mine.foreign_network:Wrapped", "options": {"max_disparity": 16}, "weights": weights}
    config["networks"]["wrapped"] = wrapped
    config["networks"]["program"] = {
        "architecture": "supcore.networks.external:ExternalNetwork",
        "options": {"command": [sys.executable, "mine/block_matching.py", "32"]},
        "target_only": True,
        "weights": {"fixed": {"untrained": True}},
    }
    evaluated = config["evaluation"]["datasets"]["synthetic_driving"]
    for key, name in (("networks", "wrapped"), ("networks", "program"), ("weights", "released")):
        evaluated[key].append(name)
    torch.save({"weights": BlockMatcher(16).state_dict()}, workspace.folder / "foreign.pth")
    (workspace.folder / "own.yaml").write_text(yaml.safe_dump(config))
    tables = [TABLE, *(TABLE.replace("transfer", study) for study in STUDIES)]
    run = workspace.snakemake(*tables, MANIFEST, config=str(workspace.folder / "own.yaml"))
    assert run.returncode == 0, run.stdout[-4000:]
    return workspace


def planned_jobs(workspace, *targets):
    """Number of jobs by rule that a further run would take."""
    planned = workspace.snakemake("--dry-run", *(targets or [TABLE]), config=str(workspace.folder / "own.yaml"))
    assert planned.returncode == 0, planned.stdout[-2000:]
    return dict(line.split() for line in planned.stdout.splitlines() if len(line.split()) == 2)


def test_they_stand_in_the_table_beside_the_library_s(finished):
    rows = list(csv.DictReader(finished.read(TABLE).decode().splitlines()))
    sources = {"psmnet", "tiny_correlation", "none", "noise"}
    targets = {"psmnet", "tiny_correlation", "semi_global_matching", "wrapped", "program"}
    pairs = {(r["source"], r["target"]) for r in rows if r["reference"] == "ground_truth"}
    assert pairs == {(source, target) for source in sources for target in targets}
    assert all(float(r["d1_mean"]) >= 0 for r in rows)


@pytest.mark.parametrize("study", STUDIES)
def test_a_network_without_gradients_takes_part_in_studies(finished, study):
    rows = list(csv.DictReader(finished.read(TABLE.replace("transfer", study)).decode().splitlines()))
    assert {r["target"] for r in rows} == {"psmnet", "tiny_correlation", "semi_global_matching", "wrapped", "program"}


@pytest.mark.parametrize(
    ("module", "target", "rules"),
    [
        ("haze", TABLE.replace("transfer", "corruptions"), {"evaluate_study", "study_table"}),
        ("two_cameras", MANIFEST, {"index_dataset"}),
    ],
)
def test_editing_a_corruption_or_layout_re_runs_what_uses_it(finished, module, target, rules):
    assert rules.isdisjoint(planned_jobs(finished, target))
    with (finished.folder / f"mine/{module}.py").open("a") as file:
        file.write("EDITED = True\n")
    assert rules == set(planned_jobs(finished, target)) & {*rules, "train_sup", "evaluate_clean", "index_dataset"}


@pytest.mark.parametrize("module", ["semi_global_matching", "block_matching"])
def test_editing_one_re_runs_its_jobs_and_no_others(finished, module):
    """A module that is imported, and a program that is not."""
    assert "evaluate_clean" not in planned_jobs(finished)
    file = finished.folder / f"mine/{module}.py"
    text = file.read_text()
    file.write_text(f"{text}EDITED = True\n")
    jobs = planned_jobs(finished)
    assert (jobs["untrained_weights"], jobs["evaluate_clean"], jobs["evaluate_perturbed"]) == ("1", "1", "3")
    assert "train_stereo" not in jobs
    assert "train_sup" not in jobs
    file.write_text(text)


def test_a_corruption_from_elsewhere_stands_in_the_table(finished):
    rows = list(csv.DictReader(finished.read(TABLE.replace("transfer", "corruptions")).decode().splitlines()))
    assert {row["corruption"] for row in rows} == {"none", "jpeg", "mine.haze:HAZE"}
    assert "| haze" in finished.read("results/own_network/tables/corruptions.md").decode()


def test_a_layout_from_elsewhere_lists_the_pairs(finished):
    rows = list(csv.DictReader(finished.read(MANIFEST).decode().splitlines()))
    assert [Path(row["right"]).name for row in rows] == ["a.png", "b.png"]
    assert {Path(row["right"]).parent.name for row in rows} == {"second"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "mine.absent:Net"}, "networks.psmnet.architecture: no module mine.absent on Python's path"),
        ({"architecture": "mine/own_network.py:Net"}, "mine/own_network.py:Net"),
        ({"target_only": True}, "every network is target_only"),
    ],
)
def test_a_wrong_entry_is_one_line(workspace, changes, message):
    config = yaml.safe_load(SMOKE.read_text())
    networks = {"psmnet": config["networks"]["psmnet"] | changes}
    refused = workspace.snakemake("--dry-run", config=workspace.changed_config(networks=networks))
    assert refused.returncode != 0
    assert message in refused.stdout
    assert "Traceback" not in refused.stdout


def test_the_example_builds_its_graph_from_any_folder(workspace):
    """Its networks are found beside the Snakefile."""
    example = str(REPOSITORY / "examples/own_network.yaml")
    planned = workspace.snakemake("--dry-run", config=["config/config.yaml", example])
    assert planned.returncode == 0, planned.stdout[-2000:]
    jobs = dict(line.split() for line in planned.stdout.splitlines() if len(line.split()) == 2)
    assert jobs["train_sup"] == "2"
    assert jobs["untrained_weights"] == "1"
