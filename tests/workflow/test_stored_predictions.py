"""Clean predictions of training pairs are made once for all SUPs of a network, and re-make none of them."""

import re

import pytest

from tests.workflow.conftest import Workspace

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

SOURCES = {"psmnet": {}, "both": {"networks": ["psmnet", "aanet"], "epsilons": [0.02]}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Makes three SUPs that pass over the four training pairs, or plans others; returns the count of each rule."""
    workspace = Workspace(tmp_path_factory.mktemp("run"))

    def run(*options, **changes):
        sups = {"sources": SOURCES, "steps": None, "epsilons": [0.02, 0.01], "store_clean": True, **changes}
        config = workspace.changed_config(**{f"sups__{key}": value for key, value in sups.items()})
        names = [f"psmnet/demo/tile32_eps{epsilon}" for epsilon in sups["epsilons"]] + ["both/demo/tile32_eps0.02"]
        done = workspace.snakemake(
            *(f"results/sups/{name}/seed0/sup.safetensors" for name in names), *options, config=config
        )
        assert done.returncode == 0, done.stdout[-3000:]
        counts = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", done.stdout, re.MULTILINE)}
        return {rule: counts.get(rule, 0) for rule in ("train_sup", "predict_training")}

    run.folder = workspace.folder
    run.first = run()
    return run


def test_a_network_is_predicted_once_for_all_its_sups(run):
    """PSMNet has two SUPs of its own and a part in a third one."""
    assert run.first == {"train_sup": 3, "predict_training": 2}
    stored = [str(path.relative_to(run.folder)) for path in run.folder.glob("results/clean/**/*.npy")]
    assert sorted(stored) == [f"results/clean/synthetic_driving/train/{name}/demo.npy" for name in ("aanet", "psmnet")]


@pytest.mark.parametrize(
    ("changes", "sups", "predictions"),
    [
        ({}, 0, 0),
        ({"epsilons": [0.02, 0.01, 0.005]}, 1, 0),
        ({"alpha_of_epsilon": 0.2}, 3, 0),
        ({"store_clean": False}, 3, 0),
    ],
)
def test_a_change_makes_what_it_changes(run, changes, sups, predictions):
    planned = run("--dry-run", **changes)
    assert planned == {"train_sup": sups, "predict_training": predictions}
