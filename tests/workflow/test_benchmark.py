"""A network of one's own under a fixed collection of SUPs: one command, no optimization, one row."""

import pytest
import yaml

from supcore.sharing.leaderboards import merged_leaderboard
from tests.workflow.conftest import REPOSITORY

pytestmark = pytest.mark.workflow

CONFIGS = [str(REPOSITORY / "config" / name) for name in ("config.yaml", "benchmark.yaml")]


@pytest.fixture
def mine(workspace):
    """A configuration with one network, on two images of each data set."""
    splits = {name: {"splits": {"test": 2}} for name in ("synthetic_driving", "synthetic_things")}
    network = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())["networks"]["psmnet"]
    content = {
        "datasets": splits,
        "networks": {"mine": {**network, "architecture": "psmnet"}},
        "evaluation": {"datasets": {name: {"networks": ["mine"], "weights": ["demo"]} for name in splits}},
    }
    (workspace.folder / "mine.yaml").write_text(yaml.safe_dump(content))
    return [*CONFIGS, "mine.yaml"]


def test_nothing_is_optimized_and_only_the_network_is_evaluated(workspace, mine):
    planned = workspace.snakemake("--dry-run", "results/benchmark/tables/transfer.csv", config=mine)
    assert planned.returncode == 0, planned.stdout[-3000:]
    assert "Optimizing a SUP" not in planned.stdout
    assert "evaluations/synthetic_things/mine/demo/from-psmnet_deform25.csv" in planned.stdout
    assert "evaluations/synthetic_things/psmnet/" not in planned.stdout


@pytest.mark.slow
def test_the_table_gives_one_row_for_each_data_set(workspace, mine):
    finished = workspace.snakemake("results/benchmark/tables/transfer.csv", config=mine)
    assert finished.returncode == 0, finished.stdout[-3000:]
    rows = merged_leaderboard([workspace.folder / "results/benchmark/tables/transfer.csv"])
    assert [(row["dataset"], row["target"], row["n_sups"], row["n_images"]) for row in rows] == [
        ("synthetic_driving", "mine", 6, 2),
        ("synthetic_things", "mine", 6, 2),
    ]
    assert all(row["clean"] is not None and row["noise"] is not None for row in rows)
