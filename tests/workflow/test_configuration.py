"""Configurations: the shipped ones build their graphs; a wrong one, or a wrong target, gets one line that names it."""

import pytest

from tests.workflow.conftest import REPOSITORY, SMOKE, SMOKE_STUDIES

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize(
    ("config", "job", "count"),
    [("config.yaml", "train_sup", 26), ("paper.yaml", "train_sup", 40), ("real.yaml", "train_sup", 4)],
)
def test_shipped_configurations_build_their_graph(workspace, config, job, count):
    planned = workspace.snakemake("--dry-run", config=f"config/{config}")
    assert planned.returncode == 0, planned.stdout[-2000:]
    jobs = dict(line.split() for line in planned.stdout.splitlines() if len(line.split()) == 2)
    assert jobs[job] == str(count)
    if config == "paper.yaml":  # every data set that is not here is named, and the graph is built all the same
        for dataset in ("kitti_raw", "kitti2015", "kitti2012", "flyingthings3d"):
            assert f"datasets.{dataset}.root" in planned.stdout


def test_a_real_run_without_data_stops_before_any_job(workspace):
    refused = workspace.snakemake(config="config/paper.yaml")
    assert refused.returncode != 0
    assert "datasets.kitti2015.root: data/kitti_scene_flow" in refused.stdout
    assert not (workspace.folder / "results/downloads").exists()


@pytest.mark.parametrize(
    ("arguments", "changes", "line"),
    [
        (
            [],
            {"networks__psmnet__options": {"max_disparity": 33}},
            "config key networks.psmnet.options: network psmnet: max_disparity must be a multiple of 16, got 33",
        ),
        (
            ["results/sups/psmnet/no_such_weights/tile32_eps0.02/seed0/sup.safetensors"],
            {},
            "target results/sups/psmnet/no_such_weights/tile32_eps0.02/seed0/sup.safetensors: "
            "no attacked weights of psmnet 'no_such_weights' here; known: demo",
        ),
        (
            ["results/tables/classes.md"],
            {},
            "target results/tables/classes.md: no study 'classes' here; known: transfer",
        ),
    ],
    ids=["configuration", "target", "study"],
)
def test_what_is_wrong_gets_one_line(workspace, arguments, changes, line):
    """From end to end; tests/unit/workflow has the other configurations and targets."""
    refused = workspace.snakemake(*arguments, "--dry-run", config=workspace.changed_config(**changes))
    lines = refused.stdout.splitlines()
    assert refused.returncode == 1
    assert line in lines
    # Beside the line: the profile in use, where in the workflow it was noticed, and nothing of the schema.
    assert len(lines) < 8, lines
    assert "Traceback" not in refused.stdout
    assert not (workspace.folder / "results").exists()


def test_weights_of_others_fit_no_rule_whoever_asks_for_them(workspace):
    """A rule of one's own, say, whose inputs no argument of the command line shows."""
    sup = "sups/psmnet/finetuned/tile32_eps0.02/seed0/sup.pth"
    clean = "evaluations/synthetic_driving/psmnet/finetuned/clean.csv"
    own = workspace.folder / "Snakefile"
    for path in (sup, clean):
        own.write_text(f"include: {str(REPOSITORY / 'Snakefile')!r}\nrule own:\n    input: 'results/{path}'\n")
        configs = [SMOKE, SMOKE_STUDIES]  # where another network has weights of that name
        refused = workspace.snakemake("--dry-run", "own", "--snakefile", str(own), config=configs)
        assert refused.returncode == 1
        assert f"Missing input files for rule own:\n    affected files:\n        results/{path}" in refused.stdout
