"""Recipes: what weights start from, their lineage, and the checks that name their keys."""

import copy

import pytest

from supcore.errors import SupError
from supcore.workflow.recipes import check_made_weights, lineage, start_of

CONFIG = {
    "networks": {
        "psmnet": {
            "weights": {
                "released": {"registry": "kitti15"},
                "sceneflow": {"train": "long"},
                "kitti": {"train": "short"},
            }
        },
        "robust": {"architecture": "psmnet", "weights": {"finetuned": {"finetune": "adversarial"}}},
        "wide": {"architecture": "psmnet_deform6", "weights": {"finetuned": {"finetune": "adversarial"}}},
    },
    "training": {
        "long": {"learning_rate": 1e-3},
        "short": {"start": {"weights": "sceneflow"}, "learning_rates": [1e-3, 1e-4], "change_at": [5]},
    },
    "finetuning": {"adversarial": {"start": {"network": "psmnet", "weights": "kitti"}, "learning_rate": 1e-5}},
}


@pytest.fixture
def config():
    return copy.deepcopy(CONFIG)


def test_weights_start_from_others_of_the_same_or_of_another_network(config):
    assert start_of(config, "psmnet", "sceneflow") is None
    assert start_of(config, "psmnet", "released") is None
    assert start_of(config, "psmnet", "kitti") == ("psmnet", "sceneflow")
    assert start_of(config, "robust", "finetuned") == ("psmnet", "kitti")


def test_lineage_names_every_recipe_behind_weights(config):
    assert list(lineage(config, "robust", "finetuned")) == [
        ("finetuning", "adversarial"),
        ("training", "short"),
        ("training", "long"),
    ]
    assert list(lineage(config, "psmnet", "released")) == []


def test_good_recipes_pass(config):
    check_made_weights(config, "psmnet", "kitti", "train")
    check_made_weights(config, "robust", "finetuned", "finetune")


def test_an_unknown_recipe_names_its_key(config):
    del config["training"]["short"]
    with pytest.raises(SupError, match=r"networks\.psmnet\.weights\.kitti\.train: no training\.short"):
        check_made_weights(config, "psmnet", "kitti", "train")


def test_an_unknown_start_is_named(config):
    config["training"]["short"]["start"]["weights"] = "monkaa"
    with pytest.raises(SupError, match=r"training\.short starts from weights 'monkaa' of 'psmnet'"):
        check_made_weights(config, "psmnet", "kitti", "train")


def test_another_architecture_is_refused(config):
    with pytest.raises(SupError, match="starts from a psmnet; give wide that architecture, it is a psmnet_deform6"):
        check_made_weights(config, "wide", "finetuned", "finetune")


def test_weights_that_start_from_themselves_are_refused(config):
    config["training"]["long"]["start"] = {"weights": "kitti"}
    with pytest.raises(SupError, match=r"networks\.psmnet\.weights\.kitti: starts from itself"):
        check_made_weights(config, "psmnet", "kitti", "train")


@pytest.mark.parametrize(("changes", "reason"), [([], "change 1 times, not 0"), ([3, 5], "not 2"), ([9, 3], "not 2")])
def test_rates_and_changes_must_fit(config, changes, reason):
    config["training"]["short"]["change_at"] = changes
    with pytest.raises(SupError, match=rf"training\.short\.change_at: 2 learning_rates .*{reason}"):
        check_made_weights(config, "psmnet", "kitti", "train")


def test_changes_must_increase(config):
    config["training"]["short"] |= {"learning_rates": [1e-3, 1e-4, 1e-5], "change_at": [9, 3]}
    with pytest.raises(SupError, match="change_at: must increase"):
        check_made_weights(config, "psmnet", "kitti", "train")
