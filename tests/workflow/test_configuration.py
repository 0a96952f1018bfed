"""Configurations: the shipped ones build their graphs, and a wrong one gets one line that names the key."""

import pytest

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize(
    ("config", "job", "count"),
    [("config.yaml", "train_sup", 9), ("paper.yaml", "train_sup", 40), ("real_sample.yaml", "train_sup", 1)],
)
def test_shipped_configurations_build_their_graph(workspace, config, job, count):
    planned = workspace.snakemake("--dry-run", config=config)
    assert planned.returncode == 0, planned.stdout[-2000:]
    jobs = dict(line.split() for line in planned.stdout.splitlines() if len(line.split()) == 2)
    assert jobs[job] == str(count)


def test_a_dry_run_of_the_paper_names_all_missing_roots(workspace):
    planned = workspace.snakemake("--dry-run", config="paper.yaml")
    for dataset in ("kitti_raw", "kitti2015", "kitti2012", "flyingthings3d"):
        assert f"datasets.{dataset}.root" in planned.stdout


def test_a_real_run_without_data_stops_before_any_job(workspace):
    refused = workspace.snakemake(config="paper.yaml")
    assert refused.returncode != 0
    assert "datasets.kitti2015.root: data/kitti_scene_flow" in refused.stdout
    assert not (workspace.folder / "results/downloads").exists()


WRONG = {
    "unknown key": ({"sups__epsilonz": [0.1]}, "epsilonz"),
    "unknown architecture": ({"networks__psmnet__architecture": "raftstereo"}, "raftstereo"),
    "unknown network as source": ({"sups__sources": {"gwcnet": {}}}, "sups.sources.gwcnet"),
    "unknown data set": ({"sups__training": {"dataset": "cityscapes", "split": "train"}}, "cityscapes"),
    "unknown split": ({"sups__training": {"dataset": "synthetic_driving", "split": "tset"}}, "tset"),
    "tile that does not divide": ({"sups__sizes": ["tile48"]}, "tile48 does not divide the image_size 64x128"),
    "malformed size": ({"sups__sizes": ["64"]}, "sizes"),
    "epsilon zero": ({"sups__epsilons": [0]}, "epsilons"),
    "negative epsilon": ({"sups__epsilons": [-0.02]}, "epsilons"),
    "epsilon beyond one": ({"sups__epsilons": [2]}, "epsilons"),
    "unknown weights": ({"sups__weights": ["kitti15"]}, "kitti15"),
    "two ways to set alpha": ({"sups__alpha": 1e-4}, "alpha"),
    "synthetic data set without a scene": (
        {"datasets__extra": {"layout": "synthetic", "splits": {"test": 1}}},
        "scene",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_configuration_names_its_key(workspace, case):
    changes, culprit = WRONG[case]
    refused = workspace.snakemake("--dry-run", config=workspace.changed_config(**changes))
    assert refused.returncode != 0
    assert culprit in refused.stdout
    assert "Traceback" not in refused.stdout
    assert not (workspace.folder / "results").exists()
