"""Configurations, checked in the same steps as by the workflow, without starting it."""

import copy

import pytest
import yaml

from supcore.pipeline.schema import complete_config
from supcore.pipeline.settings import Settings
from supcore.pipeline.studies import Studies
from tests.bad_input.refusal import check_refusal
from tests.workflow.conftest import REPOSITORY

BASE = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
SCHEMA = REPOSITORY / "config/config.schema.yaml"
KITTI = "{layout: kitti2015, root: data, splits: {test: %s}}"
THINGS = "{layout: synthetic, scene: things, splits: {test: %s}}"
CORRECT = "correct this key"

# Name: key that is changed, its value in YAML (empty to remove it), culprit, fault, remedy.
WRONG = {
    # ---- types ----
    "text for a list": ("sups.sizes", "tile64", "sups.sizes", "is not of type 'array'", CORRECT),
    "list for a mapping": ("networks", "[psmnet]", "networks", "is not of type 'object'", CORRECT),
    "nothing for a mapping": ("datasets", "null", "datasets", "None is not of type 'object'", CORRECT),
    "text for a reference": ("sups.training", "street/train", "sups.training", "is not of type 'object'", CORRECT),
    "one number for a size": ("image_size", "64", "image_size", "64 is not of type 'array'", CORRECT),
    "three numbers for a size": ("image_size", "[64, 64, 3]", "image_size", "too long|maximum", CORRECT),
    "half a pixel": ("image_size", "[64, 128.5]", "image_size[1]", "128.5 is not of type 'integer'", CORRECT),
    "no pixel": ("image_size", "[0, 128]", "image_size[0]", "0 is less than the minimum of 1", CORRECT),
    "whole number with a point": ("sups.steps", "10.0", "sups.steps", "10.0 is not of type 'integer'", CORRECT),
    "truth value for a number": ("seed", "yes", "seed", "True is not of type 'integer'", CORRECT),
    "text for a truth value": ("keep_in_memory", "'yes'", "keep_in_memory", "is not of type 'boolean'", CORRECT),
    "exponent without a point": ("sups.alpha_of_epsilon", "1e-4", "sups.alpha_of_epsilon", "for text", "as 1.0e-4"),
    "not a number": ("sups.alpha_of_epsilon", ".nan", "sups.alpha_of_epsilon", "nan is not of type", CORRECT),
    "infinite": ("training.demo.learning_rate", ".inf", "training.demo.learning_rate", "inf is not of type", CORRECT),
    "number as a name": ("datasets", "{2015: {}}", "datasets", "2015 is not of type 'string'", CORRECT),
    "control character": ("weights_registry", r'"a\0b"', "weights_registry", "does not match", CORRECT),
    # ---- unknown keys and values ----
    "unknown key": ("sups.epsilonz", "[0.02]", "config key sups:", "'epsilonz' was unexpected", CORRECT),
    "unknown key at the top": ("optimiser", "adam", "configuration:", "'optimiser' was unexpected", CORRECT),
    "unknown mode": ("mode", "published", "mode", "is not one of .*as_published", CORRECT),
    "no mode": ("mode", "", "configuration:", "'mode' is a required property", CORRECT),
    "unknown device": ("device", "gpu", "device", r"is not one of \['cpu', 'cuda'\]", CORRECT),
    "unknown step rule": ("sups.step_rule", "adam", "sups.step_rule", "is not one of", CORRECT),
    "unknown architecture": (
        "networks.psmnet.architecture",
        "raft",
        "networks.psmnet.architecture",
        "'raft' is not one of .*'psmnet'",
        CORRECT,
    ),
    "half an import path": ("networks.psmnet.architecture", "a:b:c", "networks.psmnet.architecture", "a:b:c", CORRECT),
    "unknown layout": (
        "datasets.synthetic_things.layout",
        "cityscapes",
        "datasets.synthetic_things.layout",
        "'cityscapes' is not one of .*kitti2015",
        CORRECT,
    ),
    "unknown scene": (
        "datasets.synthetic_things.scene",
        "city",
        "datasets.synthetic_things.scene",
        "'city' is not one of",
        CORRECT,
    ),
    "unknown study": ("studies", "{depth: {}}", "studies", "'depth' was unexpected", CORRECT),
    "unknown corruption": (
        "studies",
        "{corruptions: {corruptions: [fogg]}}",
        "studies.corruptions.corruptions[0]",
        "'fogg' is not one of",
        CORRECT,
    ),
    "unknown attack": (
        "studies",
        "{per_image: {sources: [psmnet], attacks: [cw]}}",
        "studies.per_image.attacks[0]",
        "'cw' is not one of",
        CORRECT,
    ),
    "malformed tile": ("sups.sizes", "['64']", "sups.sizes[0]", "'64' does not match", CORRECT),
    "epsilon of zero": ("sups.epsilons", "[0]", "sups.epsilons[0]", "0 is less than the minimum", CORRECT),
    "epsilon that paths cannot hold": ("sups.epsilons", "[1.0e-12]", "sups.epsilons[0]", "less than", CORRECT),
    "epsilon on 8 bits": ("sups.epsilons", "[8]", "sups.epsilons[0]", "8 is greater than the maximum of 1", CORRECT),
    "same epsilon twice": ("sups.epsilons", "[0.02, 0.02]", "sups.epsilons", "non-unique", CORRECT),
    # ---- references that point nowhere ----
    "unknown data set": ("sups.training.dataset", "city", "sups.training", "unknown data set 'city'", "known: synth"),
    "unknown split": ("sups.validation.split", "dev", "sups.validation", "has no split 'dev'", "known: train"),
    "evaluation on nothing": (
        "evaluation.datasets",
        "{city: {split: a, weights: [demo]}}",
        "evaluation.datasets.city",
        "unknown data set",
        "known: synthetic_driving",
    ),
    "unknown source": ("sups.sources", "{gwcnet: {}}", "sups.sources.gwcnet", "unknown network", "known: psmnet"),
    "unknown weights": ("sups.weights", "[kitti15]", "networks.psmnet.weights", "none of kitti15", "there: demo"),
    "unknown recipe": (
        "networks.psmnet.weights.trained.train",
        "other",
        "networks.psmnet.weights.trained.train",
        "no training.other",
        "training.other",
    ),
    "unknown network in a study": (
        "studies",
        "{robust_design: {designs: {a: [raft]}}}",
        "studies.robust_design.designs",
        "unknown name 'raft'",
        "known: psmnet",
    ),
    "step of an unknown network": (
        "sups.network_alpha",
        "{psmnt: 0.1}",
        "sups.network_alpha",
        "unknown network 'psmnt'",
        "known: psmnet",
    ),
    "registry that is not there": ("weights_registry", "no.yaml", "no.yaml", "cannot be read", "correct the path"),
    # ---- contradictions ----
    "two ways to set alpha": ("sups.alpha", "0.1", "sups:", "exactly one", "alpha, alpha_of_epsilon"),
    "no way to set alpha": ("sups.alpha_of_epsilon", "", "sups:", "exactly one", "alpha, alpha_of_epsilon"),
    "weights from two places": (
        "networks.psmnet.weights.demo",
        "{bundled: a, registry: b}",
        "networks.psmnet.weights.demo",
        "exactly one",
        "bundled, registry",
    ),
    "tile that does not divide": (
        "sups.sizes",
        "[tile48]",
        "sups.sizes",
        "tile48 does not divide",
        "image_size 64x128",
    ),
    "snapshot after the end": (
        "sups.snapshots",
        "[101]",
        "sups.sources.psmnet",
        "after step 101, but there are 100 steps",
        "correct snapshots",
    ),
    "count of a data set on disk": ("datasets.k", KITTI % 5, "datasets.k.splits.test", "5 is not of type", CORRECT),
    "slice of a rendered data set": ("datasets.t", THINGS % "':4'", "datasets.t.splits.test", "not of type", CORRECT),
    "data set on disk without a root": (
        "datasets.k",
        "{layout: monkaa, splits: {test: ':'}}",
        "datasets.k",
        "'root' is a required property",
        CORRECT,
    ),
    "exclusions of a rendered data set": (
        "datasets.synthetic_things.exclude",
        "list.txt",
        "datasets.synthetic_things.exclude",
        "has no meaning here",
        "remove it",
    ),
    "rates of the other schedule": (
        "training.demo.schedule",
        "piecewise",
        "training.demo",
        "'learning_rates' is a required property",
        CORRECT,
    ),
    "every network a target": (
        "networks",
        "{psmnet: {target_only: true, weights: {demo: {untrained: true}}}}",
        "networks",
        "every network is target_only",
        "leave one",
    ),
}


def changed(key, value):
    """The demo's configuration with the value, written in YAML, at a dotted key; without the key if it is empty."""
    config = copy.deepcopy(BASE)
    *parents, last = key.split(".")
    place = config
    for parent in parents:
        place = place[parent]
    if value:
        place[last] = yaml.safe_load(value)
    else:
        del place[last]
    return config


def check(config):
    complete_config(config, SCHEMA)
    return Studies(Settings(config))


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_configuration_names_the_key(case, tmp_path, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    key, value, culprit, fault, remedy = WRONG[case]
    config = changed(key, value)
    if case == "registry that is not there":
        config["networks"]["psmnet"]["weights"]["kitti"] = {"registry": "kitti15"}
    check_refusal(lambda: check(config), tmp_path, culprit, fault, remedy)


def test_the_configuration_that_the_cases_change_is_right(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    assert check(copy.deepcopy(BASE)).names == []


def test_defaults_are_filled_in_and_values_kept(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    config = changed("sups.momentum", "0.5")
    check(config)
    assert (config["precision"], config["sups"]["momentum"], config["sups"]["step_rule"]) == ("float32", 0.5, "clip")
    assert "seeds" in config["sups"]


def test_the_schema_knows_exactly_the_corruptions_of_the_library():
    from supcore.corruptions import CORRUPTIONS

    schema = yaml.safe_load(SCHEMA.read_text())
    assert schema["$defs"]["corruption"]["enum"] == list(CORRUPTIONS)
