"""``config/paper.yaml`` with the schema's defaults: exactly what is stored, and the release's numbers."""

import json
from pathlib import Path

import pytest
import yaml

from supcore.evaluation.classes import evaluate_classes
from supcore.workflow.checks import checked_settings
from supcore.workflow.schema import complete_config
from supcore.workflow.studies import Studies

REPOSITORY = Path(__file__).parents[3]
STORED = Path(__file__).with_name("paper_resolved.yaml")
REFRESH = "python -m tests.unit.workflow.test_paper_configuration"


def resolved():
    """The configuration of the paper as the rules see it."""
    config = yaml.safe_load((REPOSITORY / "config" / "paper.yaml").read_text(encoding="utf-8"))
    complete_config(config, REPOSITORY / "config" / "config.schema.yaml")
    return config


def written(config):
    """As YAML without anchors, in the order of the keys, which is the order of networks and sizes in results."""
    plain = json.loads(json.dumps(config))
    return yaml.safe_dump(plain, sort_keys=False, default_flow_style=None, width=110)


@pytest.fixture
def studies(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    return Studies(checked_settings(resolved()))


@pytest.fixture
def settings(studies):
    return studies.settings


def test_the_resolved_configuration_is_the_stored_one():
    found, stored = written(resolved()).splitlines(), STORED.read_text(encoding="utf-8").splitlines()
    assert found == stored, (
        f"config/paper.yaml or a default of the schema has changed; if that is intended, run `{REFRESH}` in the "
        f"repository and commit {STORED.name}"
    )


# Step of the optimization by network, in intensity units.
ALPHA = {
    "psmnet": 1e-4,
    "deeppruner": 1e-4,
    "aanet": 1e-4,
    "psmnet_deform6": 5e-5,
    "psmnet_deform25": 5e-5,
    "psmnet_deform25_patchmatch": 5e-5,
}


@pytest.mark.parametrize(("network", "alpha"), ALPHA.items())
def test_every_network_is_attacked_as_published(settings, network, alpha):
    source = settings.source(network)
    assert (source.networks, source.weights) == ((network,), ("kitti15",))
    assert [source.alpha(epsilon) for epsilon in (0.02, 0.002)] == [alpha, alpha]
    assert source.attack == {"batch": 2, "steps": None, "step_rule": "clip", "momentum": 0, "checkpoint_every": 500}
    assert source.training == {"dataset": "kitti_raw", "split": "train"}
    assert source.selection == "best"
    sizes = ["tile16", "tile32", "tile128", "full", "tile64"] if network == "aanet" else ["tile64"]
    assert source.grid == [(size, epsilon, 0) for size in sizes for epsilon in ("0.02", "0.01", "0.005", "0.002")]


def test_the_networks_are_the_six_of_the_paper(settings):
    assert settings.networks == settings.sources == list(ALPHA)
    assert settings.config["mode"] == "as_published"
    assert settings.config["image_size"] == [256, 640]
    assert settings.config["seed"] == 0


@pytest.mark.parametrize(
    ("dataset", "layout", "split", "frames", "weights", "networks"),
    [
        ("kitti2015", "kitti2015", "validation", "160:", "kitti15", list(ALPHA)),
        ("kitti2012", "kitti2012", "validation", "160:", "kitti12", list(ALPHA)[:3]),
        ("flyingthings3d", "flyingthings3d", "test", ":", "sceneflow", list(ALPHA)[:3]),
        ("kitti2015_classes", "kitti2015", "all", ":", "kitti15", list(ALPHA)[:3]),
    ],
)
def test_every_data_set_is_evaluated_on_the_published_frames(
    settings, dataset, layout, split, frames, weights, networks
):
    entry, evaluation = settings.config["datasets"][dataset], settings.config["evaluation"]
    assert (entry["layout"], entry["splits"][split]) == (layout, frames)
    assert evaluation["datasets"][dataset]["split"] == split
    assert evaluation["batch"] == 1
    assert settings.targets(dataset) == networks
    assert {settings.evaluation_weights(dataset, network) for network in networks} == {weights}


def test_sups_are_chosen_on_the_frames_they_are_reported_on(settings):
    datasets, sups = settings.config["datasets"], settings.config["sups"]
    assert settings.transfer_datasets == ["kitti2015", "kitti2012", "flyingthings3d"]
    assert datasets["kitti_raw"]["splits"] == {"train": ":"}
    assert "exclude" not in datasets["kitti_raw"]
    assert datasets["kitti2015"]["splits"]["train"] == datasets["kitti2012"]["splits"]["train"] == ":160"
    assert sups["validation"] == {"dataset": "kitti2015", "split": "validation"}
    assert datasets["flyingthings3d"]["layout_options"] == {"rendering": "finalpass", "subset": "TEST"}


def test_snapshots_are_the_numbers_of_pairs_of_the_published_plot(settings):
    """At two pairs per step; the last is one pass over the 47,890 pairs."""
    for network in ("psmnet", "deeppruner", "aanet"):
        pairs = [2 * step for step in settings.source(network).snapshots]
        assert pairs == [10000, 17000, 23000, 33000, 43000, 47890]


def test_studies_use_the_strongest_tile_of_the_paper(studies):
    asked = {"corruptions", "classes", "sampling_efficiency", "per_image", "robust_design"}
    assert set(studies.names) == asked | {"transfer", "corruption_scores", "tile_sizes"}
    for name in ("corruptions", "classes"):
        assert {attack for _, attack in studies[name].attacks(studies.settings, "psmnet")} == {("tile64", "0.02", 0)}
    corruptions = studies["corruptions"].settings
    assert (corruptions["corruptions"], corruptions["shared_draws"]) == ("published", False)
    assert corruptions["networks"] == ["psmnet", "psmnet_deform25_patchmatch"]
    assert "epsilons" not in studies["per_image"].settings  # those of the SUPs
    classes = studies["classes"].settings
    assert (classes["min_pixels"], classes["min_images"]) == (25, 5)
    assert evaluate_classes.__kwdefaults__["min_pixels"] == classes["min_pixels"]


if __name__ == "__main__":
    STORED.write_text(written(resolved()), encoding="utf-8")
