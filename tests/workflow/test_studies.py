"""Printed tables and figures of the studies, and the paper's plots: every configuration gets those it has data for."""

import re

import pytest
import yaml

from supcore.studies import STUDIES
from tests.workflow.conftest import REPOSITORY, SMOKE, SMOKE_STUDIES

pytestmark = pytest.mark.workflow

DEMO = ("config/config.yaml", "config/overlays/demo/studies.yaml")
GPU = ("config/config.yaml", "config/overlays/demo/gpu_studies.yaml")
PAPER = "config/paper.yaml"


def planned_files(workspace, config):
    """Everything that a dry run would make."""
    planned = workspace.snakemake("--dry-run", config=config)
    assert planned.returncode == 0, planned.stdout[-3000:]
    outputs = re.findall(r"Missing output files: ([^;\n]+)", planned.stdout)
    return {path for line in outputs for path in line.split(", ")}


def names(files, folder, suffix):
    return {name for path in files for name in re.findall(rf"^results/{folder}/([A-Za-z0-9_]+)\.{suffix}$", path)}


def test_the_demo_studies_are_printed_and_drawn(workspace):
    files = planned_files(workspace, DEMO)
    studies = {"corruptions", "classes", "sampling_efficiency", "per_image", "finetuning", "tile_sizes"}
    for suffix in ("md", "tex"):
        assert names(files, "tables", suffix) == studies | {"transfer", "corruption_scores"}
    drawn = {f"{study}_synthetic_driving" for study in studies}
    drawn |= {f"{study}_synthetic_things" for study in ("finetuning", "tile_sizes")}
    for suffix in ("pdf", "png"):
        figures = names(files, "figures", suffix)
        assert {name for name in figures if name.startswith(tuple(studies))} == drawn
    assert names(files, "figures/paper", "png") == set()


@pytest.mark.slow
def test_every_study_is_computed_printed_and_drawn(workspace):
    tables = [f"results/tables/{study}.csv" for study in STUDIES]
    drawn = [name for name in STUDIES if name not in ("transfer", "corruption_scores")]
    figures = [f"results/figures/{study}_synthetic_driving.pdf" for study in drawn]
    finished = workspace.snakemake(*tables, *figures, config=[SMOKE, SMOKE_STUDIES])
    assert finished.returncode == 0, finished.stdout[-4000:]
    for study in STUDIES:
        rows = workspace.read(f"results/tables/{study}.md").decode().count("\n|")
        assert rows > 3, study
        header = workspace.read(f"results/tables/{study}.csv").decode().splitlines()[0].split(",")
        assert ("bad1_ci_high" in header) == (study != "corruption_scores"), study


@pytest.mark.slow
def test_the_studies_for_a_gpu_run_at_their_smallest(workspace):
    """Its own studies, attacks and corruptions, on one image, after four steps, without a GPU."""
    sources = yaml.safe_load((REPOSITORY / GPU[1]).read_text())["sups"]["sources"]
    small = {
        "device": "cpu",
        "datasets": {"synthetic_driving": {"splits": {"train": 4, "validation": 2, "test": 1}}},
        "sups": {
            **{"steps": 4, "checkpoint_every": 2, "epsilons": [0.02], "seeds": [0]},
            "sources": {name: {"snapshots": [1, 2, 3, 4]} for name, own in sources.items() if own},
        },
        "studies": {"corruptions": {"severities": [1]}, "per_image": {"steps": 2}},
    }
    (workspace.folder / "small.yaml").write_text(yaml.safe_dump(small))
    studies = ("corruptions", "sampling_efficiency", "per_image")
    wanted = [f"results/gpu_studies/tables/{study}.csv" for study in studies]
    wanted += [f"results/gpu_studies/figures/{study}_synthetic_driving.png" for study in studies]
    finished = workspace.snakemake(*wanted, config=[*GPU, "small.yaml"])
    assert finished.returncode == 0, finished.stdout[-4000:]
    table = workspace.read(wanted[0]).decode()
    assert all(name in table for name in ("imagenet_c_fog", "raft_stereo"))


def test_the_paper_s_configuration_draws_its_24_plots(workspace):
    files = planned_files(workspace, PAPER)
    assert names(files, "figures/paper", "pdf") == {f"P{number:02d}" for number in range(1, 25)}
    assert "results/figures/robust_design_kitti2015.pdf" in files
    assert "results/figures/classes_kitti2015_classes.pdf" in files
    assert "results/tables/robust_design.tex" in files


def test_the_demo_without_studies_has_none_of_it(workspace):
    files = planned_files(workspace, SMOKE)
    assert names(files, "tables", "md") == {"transfer"}
    assert names(files, "figures/paper", "png") == set()


def test_a_plot_of_the_paper_is_drawn_on_demand(workspace):
    """Of data sets that the configuration has."""
    planned = workspace.snakemake("--dry-run", "results/figures/paper/P04.png", config=PAPER)
    assert planned.returncode == 0, planned.stdout[-2000:]
    assert "Drawing the paper's plots" in planned.stdout
