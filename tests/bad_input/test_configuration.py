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
    "unknown step rule": (
        "sups.step_rule",
        "adam",
        "sups.step_rule",
        "'adam' is none of the step rules",
        "clip, sign, norm",
    ),
    "unknown architecture": (
        "networks.psmnet.architecture",
        "raft",
        "networks.psmnet.architecture",
        "'raft' is none of the networks",
        "known: psmnet, psmnet_deform6, ",
    ),
    "half an import path": ("networks.psmnet.architecture", "a:b:c", "networks.psmnet.architecture", "a:b:c", CORRECT),
    "unknown layout": (
        "datasets.synthetic_things.layout",
        "cityscapes",
        "datasets.synthetic_things.layout",
        "'cityscapes' is none of the layouts",
        "known: synthetic, motorcycle, kitti_raw, kitti2012, kitti2015, flyingthings3d, monkaa, driving",
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
        "'fogg' is none of the corruptions",
        "imagenet_c_fog, ",
    ),
    "unknown attack": (
        "studies",
        "{per_image: {sources: [psmnet], attacks: [cw]}}",
        "studies.per_image.attacks[0]",
        "'cw' is none of the per-image attacks",
        "known: fgsm, ifgsm, ",
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
    "unknown weights": (
        "sups.weights",
        "[kitti15]",
        "sups.weights",
        "none of kitti15",
        "networks.psmnet.weights, which has: demo",
    ),
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
    "nothing but data sets for studies": (
        "evaluation.datasets",
        "{synthetic_driving: {split: test, weights: [demo], studies_only: true}}",
        "evaluation.datasets",
        "every data set is studies_only",
        "take it from one of synthetic_driving",
    ),
    "weights that no network has": (
        "evaluation.datasets.synthetic_things.weights",
        "[kitti12]",
        "evaluation.datasets.synthetic_things.weights",
        "none of kitti12 is in networks.psmnet.weights",
        "which has: demo, trained",
    ),
    # ---- options ----
    "misspelt option": (
        "networks.psmnet.options.pooling_size",
        "[8, 4, 2, 1]",
        "networks.psmnet.options",
        "unknown option pooling_size",
        "known options: base_channels, block_counts, pooling_sizes",
    ),
    "impossible value of an option": (
        "networks.psmnet.options.max_disparity",
        "33",
        "networks.psmnet.options",
        "got 33",
        "max_disparity must be a multiple of 16",
    ),
    "text for a number of channels": (
        "networks.psmnet.options.base_channels",
        "'16'",
        "networks.psmnet.options",
        "got '16'",
        "base_channels must be a whole number",
    ),
    "too few block counts": (
        "networks.psmnet.options.block_counts",
        "[1, 2]",
        "networks.psmnet.options",
        r"got \[1, 2\]",
        "block_counts must be a list of 4, each a whole number",
    ),
    "wrong option of weights": (
        "networks.psmnet.weights.demo.options",
        "{align_corner: true}",
        "networks.psmnet.options (with weights.demo)",
        "unknown option align_corner;",
        "align_corners",
    ),
    "network that is no architecture": (
        "networks.raft",
        "{weights: {fixed: {untrained: true}}}",
        "networks.raft",
        "unknown network 'raft'",
        "psmnet, psmnet_deform6, psmnet_deform25, ",
    ),
    "option of another layout": (
        "datasets.k",
        "{layout: kitti2012, root: data, layout_options: {subset: TRAIN}, splits: {test: ':'}}",
        "datasets.k.layout_options",
        "layout kitti2012: unknown option subset",
        "known options: disparity, segmentation, grey",
    ),
    "unknown value of a layout's option": (
        "datasets.k",
        "{layout: flyingthings3d, root: data, layout_options: {subset: VAL}, splits: {test: ':'}}",
        "datasets.k.layout_options",
        "got 'VAL'",
        "subset must be one of TRAIN, TEST",
    ),
    "layout options of a rendered data set": (
        "datasets.synthetic_things.layout_options",
        "{grey: true}",
        "datasets.synthetic_things.layout_options",
        "has no meaning here",
        "remove it",
    ),
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
    "snapshot after one pass": (
        "sups",
        "{training: {dataset: synthetic_driving, split: train}, validation: {dataset: synthetic_driving, split: test}, "
        "weights: [demo], sizes: [full], epsilons: [0.02], alpha: 0.1, batch: 3, snapshots: [67, 68]}",
        "sups.sources.psmnet",
        "after step 68, but there are 67 steps",
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
    "rendered data set without a scene": (
        "datasets.t",
        "{layout: synthetic, splits: {test: 1}}",
        "datasets.t",
        "'scene' is a required property",
        CORRECT,
    ),
    "data set without a layout": (
        "datasets.t",
        "{splits: {test: 1}}",
        "datasets.t",
        "'layout' is a required property",
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
