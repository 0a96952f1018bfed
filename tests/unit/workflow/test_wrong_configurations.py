"""Configurations, checked in the same steps as by the workflow: what is wrong is one line that names the key."""

import copy
import json
import math

import pytest
import yaml

from supcore.errors import SupError
from supcore.workflow.checks import checked_settings
from supcore.workflow.schema import check_config_files, complete_config
from supcore.workflow.studies import Studies
from tests.refusal import check_refusal
from tests.unit.workflow.test_settings import ABSENT, CONFIG, REPOSITORY, changed

DEMO = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
WEIGHTS = "networks.psmnet.weights.demo"
TARGETS_ONLY = {name: network | {"target_only": True} for name, network in CONFIG["networks"].items()}
STREET, THINGS = ({"dataset": name, "split": "train"} for name in ("street", "things"))

# Key that is changed, its value, and how the line goes on behind "config key " and the key.
WRONG_VALUES = [
    # ---- types ----
    ("sups.sizes", "tile64", ": 'tile64' is not of type 'array'; correct this key"),
    ("networks", ["psmnet"], ": ['psmnet'] is not of type 'object'; correct this key"),
    ("datasets", None, ": None is not of type 'object'; correct this key"),
    ("sups.training", "street/train", ": 'street/train' is not of type 'object'; correct this key"),
    ("image_size", 64, ": 64 is not of type 'array'; correct this key"),
    ("image_size", [64, 64, 3], ": [64, 64, 3] …; correct this key"),
    ("image_size", [64, 128.5], "[1]: 128.5 is not of type 'integer'; correct this key"),
    ("image_size", [0, 128], "[0]: 0 is less than the minimum of 1; correct this key"),
    ("sups.seeds", [0, 10.0], "[1]: 10.0 is not of type 'integer'; correct this key"),
    ("seed", True, ": True is not of type 'integer'; correct this key"),
    ("keep_in_memory", "yes", ": 'yes' is not of type 'boolean'; correct this key"),
    ("sups.alpha", "1e-4", ": YAML takes '1e-4' for text; write the number with a point, as 1.0e-4"),
    ("sups.alpha", math.nan, ": nan is not of type 'number'; correct this key"),
    ("training.recipe.learning_rate", math.inf, ": inf is not of type 'number'; correct this key"),
    ("datasets", {2015: {}}, ": 2015 is not of type 'string'; correct this key"),
    (
        "networks",
        {"psmnet\n": {"weights": {"fixed": {"untrained": True}}}},
        r": 'psmnet\n' does not match …; correct",
    ),
    ("networks.wide.architecture", "a.b:C\n", r": 'a.b:C\n' …; correct this key"),
    ("datasets.kitti.splits.test", ":4\n", r": ':4\n' …; correct this key"),
    ("datasets.kitti.splits.test", "9" * 5000 + ":", ": '999…; correct this key"),
    ("sups.sizes", ["tile" + "9" * 5000], "[0]: 'tile999…; correct this key"),
    ("weights_registry", "a\0b", r": 'a\x00b' does not match …; correct this key"),
    # ---- unknown values ----
    ("mode", "published", ": 'published' is not one of ['as_published', 'corrected']; correct this key"),
    ("device", "gpu", ": 'gpu' is not one of ['cpu', 'cuda']; correct this key"),
    ("sups.step_rule", "adam", ": 'adam' is none of the step rules; known: clip, sign, norm"),
    ("networks.wide.architecture", "raft", ": 'raft' is none of the networks; known: psmnet, psmnet_deform6, "),
    ("networks.wide.architecture", "a:b:c", ": 'a:b:c' …; correct this key"),
    (
        "datasets.things.layout",
        "city",
        ": 'city' is none of the layouts; known: synthetic, motorcycle, oak_d, kitti_raw, ",
    ),
    ("datasets.things.scene", "city", ": 'city' is none of the scenes; known: driving, things"),
    ("studies", {"depth": {}}, ".depth: unknown study; known: transfer, corruptions, …"),
    ("studies", {"depth": {"study": "nowhere:Depth"}}, ".depth.study: nowhere:Depth cannot be imported (…"),
    (
        "studies",
        {"depth": {"study": "pathlib:Path"}},
        ".depth.study: pathlib:Path is not a subclass of supcore",
    ),
    (
        "studies",
        {"corruptions": {"corruptions": ["fogg"]}},
        ".corruptions.corruptions[0]: 'fogg' is none of the corruptions; known: ",
    ),
    (
        "studies",
        {"per_image": {"sources": ["psmnet"], "attacks": ["cw"]}},
        ".per_image.attacks[0]: 'cw' is none of the per-image attacks; known: fgsm, ifgsm, ",
    ),
    ("sups.sizes", ["64"], "[0]: '64' does not match …; correct this key"),
    ("sups.epsilons", [0], "[0]: 0 is less than the minimum of …; correct this key"),
    ("sups.epsilons", [1.0e-12], "[0]: 1e-12 is less than the minimum of …; correct this key"),
    ("sups.epsilons", [8], "[0]: 8 is greater than the maximum of 1; correct this key"),
    ("sups.epsilons", [0.02, 0.02], ": [0.02, 0.02] has non-unique elements; correct this key"),
    # ---- references that point nowhere ----
    ("sups.training", {"dataset": "city", "split": "x"}, ": unknown data set 'city'; known: street, things, kitti"),
    ("sups.training", {"dataset": "street", "split": "x"}, ": data set street has no split 'x'; known: train, validat"),
    ("sups.validation", {"dataset": "street", "split": "x"}, ": data set street has no split 'x'; known: train, vali"),
    ("evaluation.datasets", {"city": {"split": "a", "weights": ["demo"]}}, ".city: unknown data set 'city'; known: "),
    ("evaluation.datasets.things", {"split": "x", "weights": ["demo"]}, ": data set things has no split 'x'; known: "),
    (
        "evaluation.datasets.street.weights",
        ["kitti12"],
        ": none of kitti12 is in networks.psmnet.weights, which has: demo, trained, kitti15; add one of these to "
        "evaluation.datasets.street.weights",
    ),
    ("evaluation.datasets.street.weights", ["kitti15"], ": none of kitti15 is in networks.wide.weights, which has: "),
    ("evaluation.datasets.street.networks", ["b"], ": unknown network 'b'; known: psmnet, wide"),
    ("sups.weights", ["kitti12"], ": none of kitti12 is in networks.psmnet.weights, which has: demo, "),
    ("sups.network_alpha", {"psmnt": 0.1}, ": unknown network 'psmnt'; known: psmnet, wide"),
    ("sups.sources", {"psm": {}}, ".psm: unknown network 'psm'; known: psmnet, wide"),
    ("sups.sources", {"a": {"network": "b"}}, ".a: unknown network 'b'; known: psmnet, wide"),
    ("sups.sources", {"x": {"networks": ["wide", "b"]}}, ".x: unknown network 'b'; known: psmnet, wide"),
    ("sups.sources", {"wide": {"training": STREET | {"split": "x"}}}, ".wide.training: data set street has no split"),
    ("networks.wide.weights.trained.train", "other", ": no training.other"),
    ("training.recipe.datasets", [STREET, THINGS | {"split": "x"}], "[1]: data set things has no split 'x'; known: "),
    ("training.recipe.datasets", [{"dataset": "x", "split": "train"}], "[0]: unknown data set 'x'; known: "),
    ("training.recipe.validation", [{"dataset": "x", "split": "test"}], "[0]: unknown data set 'x'; known: "),
    ("training.recipe.validation", [STREET | {"split": "x"}], "[0]: data set street has no split 'x'; known: "),
    (
        "studies",
        {"robust_design": {"designs": {"a": ["raft"]}}},
        ".robust_design.designs… unknown name 'raft'; known: ",
    ),
    # ---- options ----
    (
        "datasets.kitti.layout_options",
        {"subset": "TRAIN"},
        ": layout kitti2015: unknown option subset; known options: ",
    ),
    (
        "datasets.kitti.layout_options",
        {"segmentation": 1},
        ": layout kitti2015: segmentation must be text or null, got 1",
    ),
    ("datasets.things.layout_options", {"gray": True}, ": {'gray': True} has no meaning here; remove it"),
    ("datasets.things.exclude", "list.txt", ": 'list.txt' has no meaning here; remove it"),
    # ---- contradictions ----
    (WEIGHTS, {"bundled": "a", "registry": "b"}, ": give exactly one of bundled, registry"),
    (
        "networks.wide.weights.demo",
        {"registry": "demo"},
        ": is 'registry' here but 'bundled' for another network; give",
    ),
    ("networks", TARGETS_ONLY, ": every network is target_only; leave one to optimize SUPs on"),
    ("sups.sizes", ["tile48"], ": tile48 does not divide the image_size 64x128"),
    ("sups.sizes", ["full", "tile64x96"], ": tile64x96 does not divide the image_size 64x128"),
    ("sups.sizes", ["tile128"], ": tile128 does not divide the image_size 64x128"),
    ("sups.sources", {"wide": {"sizes": ["tile48"]}}, ".wide.sizes: tile48 does not divide the image_size 64x128"),
    (
        "sups.sources",
        {"x": {"network": "wide", "networks": ["wide"]}},
        ".x: give network or networks, not both",
    ),
    (
        "sups.sources",
        {"x": {"networks": ["wide", "psmnet"], "released": "authors"}},
        ".x: released perturbations belong to one network; name just that one",
    ),
    ("sups.epsilon_alpha", {"small": 0.1}, ": 'small' is not of type 'number'; correct this key"),
    ("sups.epsilon_alpha", {2: 0.1}, ": 2 is greater than the maximum of 1; correct this key"),
    ("sups.epsilon_alpha", {0.02: 0}, ".0.02: 0 is less than or equal to the minimum of 0; correct this key"),
    (
        "sups.sources",
        {"psmnet": {"released": "authors", "snapshots": [1]}},
        ".psmnet: released perturbations have no snapshots; set snapshots: []",
    ),
    (
        "sups.sources",
        {"psmnet": {"released": "authors", "target": {"shift": 5}}},
        ".psmnet: released perturbations were made without a target; leave out target",
    ),
    ("datasets.kitti.splits.test", 5, ": 5 is not of type …; correct this key"),
    ("datasets.things.splits.test", ":4", ": ':4' is not of type …; correct this key"),
    (
        "evaluation.datasets",
        {"street": {"split": "test", "weights": ["trained"], "studies_only": True}},
        ": every data set is studies_only, which leaves none for the transfer table; take it from one of street",
    ),
]
# The same with the whole line, where the culprit is another one than the key.
WRONG_ELSEWHERE = [
    ("sups.epsilonz", [0.02], "config key sups: … ('epsilonz' was unexpected); correct this key"),
    ("seed", 10**5000, "configuration: holds a number of more than 18 digits; make it smaller"),
    ("studies", json.loads("[" * 200 + "]" * 200), "configuration: nests more than 100 levels deep; make it smaller"),
    ("optimizer", "adam", "configuration: … ('optimizer' was unexpected); correct this key"),
    ("mode", ABSENT, "configuration: 'mode' is a required property; correct this key"),
    ("datasets.kitti.root", ABSENT, "config key datasets.kitti: 'root' is a required property; correct this key"),
    ("datasets.things.scene", ABSENT, "config key datasets.things: 'scene' is a required property; correct this key"),
    ("datasets.things.layout", ABSENT, "config key datasets.things: 'layout' is a required property; correct this key"),
    ("training.recipe.schedule", "piecewise", "config key training.recipe: 'learning_rates' is a required property"),
    ("sups.alpha_of_epsilon", 0.1, "config key sups: give exactly one of alpha, alpha_of_epsilon"),
    ("sups.alpha", ABSENT, "config key sups: give exactly one of alpha, alpha_of_epsilon"),
    (
        "networks.psmnet.options.max_disparity",
        33,
        "config key networks.psmnet.options: network psmnet: max_disparity must be a multiple of 16, got 33",
    ),
    (
        "networks.psmnet.options.block_counts",
        [1, 2],
        "config key networks.psmnet.options: network psmnet: block_counts must be a list of 4, each a whole number, ",
    ),
    (
        f"{WEIGHTS}.options",
        {"align_corners": "false"},
        "config key networks.psmnet.options (with weights.demo): network psmnet: align_corners must be true or false",
    ),
    (
        f"{WEIGHTS}.options",
        {"align_corner": True},
        "config key networks.psmnet.options (with weights.demo): network psmnet: unknown option align_corner; known",
    ),
    (
        "networks.raft",
        {"weights": {"fixed": {"untrained": True}}},
        "config key networks.raft: unknown network 'raft'; give one of these as its architecture: psmnet, ",
    ),
    ("weights_registry", "no.yaml", "no.yaml: cannot be read … correct the path"),
    (
        "sups.sources",
        {"wide": {"released": "mine"}},
        "config/weights.yaml: perturbations.mine: not listed; choose from",
    ),
]
WRONG = [(key, value, f"config key {key}{line}") for key, value, line in WRONG_VALUES] + WRONG_ELSEWHERE


def check(config):
    complete_config(config, REPOSITORY / "config/config.schema.yaml")
    return Studies(checked_settings(config))


@pytest.mark.parametrize(("key", "value", "line"), WRONG, ids=[f"{key} {line[-30:]}" for key, _, line in WRONG])
def test_a_wrong_configuration_names_the_key(key, value, line, tmp_path, monkeypatch):
    monkeypatch.chdir(REPOSITORY)  # where the registry of weights is
    check_refusal(lambda: check(changed(key, value)), tmp_path, line)


def test_a_network_without_weights_of_these_names_is_told_every_key_to_extend(monkeypatch):
    """One message for what else would take one run each; a data set that does not evaluate it asks for nothing."""
    monkeypatch.chdir(REPOSITORY)
    config = changed("networks.mine", {"architecture": "my:Net", "weights": {"mine": {"untrained": True}}})
    config["evaluation"]["datasets"]["things"]["networks"] = ["psmnet"]
    with pytest.raises(SupError) as refused:
        check(config)
    assert str(refused.value).endswith("; add one of these to sups.weights, evaluation.datasets.street.weights")


def test_a_key_that_stands_twice_in_a_file_is_named(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("seed: 1\nsups:\n  batch: 1\n  batch: 2\n")
    line = f"{file}: the key 'batch' stands here again … line 4, column 3; correct this place"
    check_refusal(lambda: check_config_files([file]), tmp_path, line)
    check_config_files(REPOSITORY.glob("config/**/*.yaml"))


@pytest.mark.parametrize("config", [CONFIG, DEMO], ids=["that the cases change", "of the demo"])
def test_right_configurations_pass(config, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    assert {"transfer"} <= set(check(copy.deepcopy(config)).names) <= {"transfer", "tile_sizes"}
