"""What contradicts itself in a configuration is one line that names the key."""

import re

import pytest

from supcore.errors import SupError
from supcore.workflow.checks import pairs_of
from supcore.workflow.settings import Settings
from tests.unit.workflow.test_settings import CONFIG, changed

TARGETS_ONLY = {name: network | {"target_only": True} for name, network in CONFIG["networks"].items()}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("sups.training.dataset", "city", "config key sups.training: unknown data set 'city'; known: street, things"),
        ("sups.training.split", "all", "config key sups.training: data set street has no split 'all'; known: train"),
        ("sups.validation.split", "x", "config key sups.validation: data set street has no split 'x'"),
        ("training.recipe.datasets.1.split", "x", "config key training.recipe.datasets[1]: data set things"),
        ("training.recipe.datasets.0.dataset", "x", "config key training.recipe.datasets[0]: unknown data set 'x'"),
        ("evaluation.datasets.things.split", "x", "config key evaluation.datasets.things: data set things has no"),
        ("evaluation.datasets", {"city": {"split": "a", "weights": ["demo"]}}, "config key evaluation.datasets.city"),
        (
            "evaluation.datasets.street.weights",
            ["kitti12"],
            "config key evaluation.datasets.street.weights: none of kitti12 is in networks.psmnet.weights, which has: "
            "demo, trained, kitti15",
        ),
        (
            "evaluation.datasets.street.networks",
            ["b"],
            "config key evaluation.datasets.street.networks: unknown",
        ),
        (
            "evaluation.datasets.street.weights",
            ["kitti15"],
            "config key evaluation.datasets.street.weights: none of kitti15 is in networks.wide.weights",
        ),
        ("sups.weights", ["kitti12"], "config key sups.weights: none of kitti12 is in networks.psmnet.weights"),
        ("sups.sizes.0", "tile48", "config key sups.sizes: tile48 does not divide the image_size 64x128"),
        ("sups.sizes.0", "tile64x96", "config key sups.sizes: tile64x96 does not divide"),
        ("sups.sizes.0", "tile128", "config key sups.sizes: tile128 does not divide"),
        ("sups.sizes.0", "half", "config key sups.sizes: 'half' is neither 'full' nor like 'tile64'"),
        ("networks", TARGETS_ONLY, "config key networks: every network is target_only; leave one"),
        ("sups.sources", {"psm": {}}, "config key sups.sources.psm: unknown network 'psm'; known: psmnet, wide"),
        ("sups.sources", {"a": {"network": "b"}}, "config key sups.sources.a: unknown network 'b'"),
        ("sups.sources", {"wide": {"sizes": ["tile48"]}}, "config key sups.sources.wide.sizes: tile48 does not divide"),
        ("sups.sources", {"x": {"networks": ["wide", "b"]}}, "config key sups.sources.x: unknown network 'b'"),
        (
            "sups.sources",
            {"x": {"network": "wide", "networks": ["wide"]}},
            "config key sups.sources.x: give network or networks, not both",
        ),
        (
            "sups.sources",
            {"x": {"networks": ["wide", "psmnet"], "released": "authors"}},
            "config key sups.sources.x: released perturbations belong to one network",
        ),
        ("sups.sources", {"wide": {"released": "mine"}}, "perturbations.mine: not listed; choose from authors"),
        (
            "sups.sources",
            {"wide": {"training": {"dataset": "things", "split": "x"}}},
            "config key sups.sources.wide.training: data set things has no split 'x'; known: train, test",
        ),
        (
            "networks.wide.weights.trained.train",
            "other",
            "config key networks.wide.weights.trained.train: no training.other",
        ),
        (
            "networks.wide.weights.demo",
            {"registry": "demo"},
            "config key networks.wide.weights.demo: is 'registry' here but 'bundled' for another network",
        ),
    ],
)
def test_contradiction_is_one_line_that_names_the_key(path, value, message):
    with pytest.raises(SupError, match=re.escape(message)) as caught:
        Settings(changed(path, value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reference", [{"dataset": "city", "split": "test"}, {"dataset": "street", "split": "x"}])
def test_validation_split_of_a_training_is_checked(reference):
    with pytest.raises(SupError, match=r"config key training\.recipe\.validation\[0\]"):
        Settings(changed("training.recipe.validation.0", reference))


def test_snapshots_need_a_run_whose_length_is_known():
    """Otherwise the run would end before one of them when the data are already indexed."""
    config = changed("sups.sources", {"psmnet": {"training": {"dataset": "kitti", "split": "validation"}}})
    config["sups"] |= {"batch": 2, "snapshots": [20]}
    assert Settings(config).source("psmnet").snapshots == [20]  # frames 160 to 199
    config["datasets"]["kitti"]["exclude"] = "list.txt"
    with pytest.raises(
        SupError, match=r"sups\.sources\.psmnet: with snapshots, give the number of steps; one pass over kit"
    ):
        Settings(config)
    config["sups"]["steps"] = 20
    assert Settings(config).source("psmnet").snapshots == [20]


def test_released_perturbations_have_no_snapshots():
    config = changed("sups.sources", {"psmnet": {"released": "authors", "snapshots": [1]}})
    with pytest.raises(
        SupError, match=r"sups\.sources\.psmnet: released perturbations have no snapshots; set snapshots: \[\]"
    ):
        Settings(config)


@pytest.mark.parametrize(
    ("splits", "pairs"),
    [("160:", 40), (":160", 160), (":", 200), ("190:900", 10), (["000000_10", "000001_10"], 2)],
)
def test_pairs_of_a_split_are_counted_before_the_data_are_there(splits, pairs):
    entry = {"layout": "kitti2015", "root": "nowhere", "splits": {"a": splits}}
    assert pairs_of(entry, "a") == pairs
    if isinstance(splits, str):
        assert pairs_of(entry | {"exclude": "list.txt"}, "a") is None
    assert pairs_of({"layout": "synthetic", "splits": {"a": {"count": 3}, "b": 4}}, "b") == 4


@pytest.mark.parametrize("name", ["noise", "none"])
def test_source_is_not_called_like_a_control(name):
    """Its folder of results would hold the control in place of its SUPs."""
    with pytest.raises(SupError, match=rf"config key sups\.sources\.{name}"):
        Settings(changed("sups.sources", {name: {"network": "psmnet"}}))
