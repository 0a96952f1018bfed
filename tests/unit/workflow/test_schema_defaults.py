"""The defaults that the schema of configurations states: a changed one would change results without a word."""

import copy
from pathlib import Path

import pytest

from supcore.workflow.schema import complete_config, complete_schema

SCHEMA = Path(__file__).parents[3] / "config" / "config.schema.yaml"
# Every default, by the place of its key in the schema.
DEFAULTS = {
    "seed": 0,
    "device": "cpu",
    "threads": 1,
    "workers": 0,
    "keep_in_memory": False,
    "precision": "float32",
    "deterministic": False,
    "weights_registry": "config/weights.yaml",
    "downloads": "downloads",
    "published": "resources/published",
    "sups.sources": {"each_network": {}},
    "sups.seeds": [0],
    "sups.step_rule": "clip",
    "sups.momentum": 0,
    "sups.batch": 2,
    "sups.steps": None,
    "sups.store_clean": False,
    "sups.checkpoint_every": 500,
    "evaluation.batch": 1,
    "evaluation.metrics": [],
    "evaluation.datasets.*.studies_only": False,
    "finetuning.*.sups.seeds": [0],
    "finetuning.*.probability": 0.5,
    "studies.corruptions.severities": [],
    "studies.corruptions.shared_draws": False,
    "studies.classes.min_pixels": 25,
    "studies.classes.min_images": 5,
    "studies.classes.as_published": False,
    "studies.per_image.target": "ground_truth",
    "$defs.recipe.processes": 1,
    "$defs.recipe.schedule": "one_cycle",
    "$defs.recipe.zero_is_truth": False,
    "$defs.recipe.gradient_clip": 5.0,
    "$defs.recipe.batch_norm_groups": 1,
    "$defs.recipe.checkpoint_every": 250,
    "$defs.dataset.cache": False,
    "$defs.network.target_only": False,
}
STREET = {"dataset": "street", "split": "all"}
RECIPE = {"datasets": [STREET], "steps": 10, "batch": 1, "learning_rate": 0.001}
# A configuration with every section that has defaults, and no key that could be left out.
SMALLEST = {
    "mode": "corrected",
    "image_size": [64, 128],
    "datasets": {"street": {"layout": "synthetic", "scene": "driving", "splits": {"all": 4}}},
    "networks": {"psmnet": {"weights": {"demo": {"untrained": True}}}},
    "sups": {
        "training": STREET,
        "validation": STREET,
        "weights": ["demo"],
        "sizes": ["full"],
        "epsilons": [0.02],
        "alpha": 0.001,
    },
    "evaluation": {"datasets": {"street": {"split": "all", "weights": ["demo"]}}},
    "training": {"demo": RECIPE | {"validation": [STREET]}},
    "finetuning": {
        "robust": RECIPE
        | {
            "validation": STREET,
            "start": {"network": "psmnet", "weights": "demo"},
            "sups": {"sources": ["psmnet"], "sizes": ["full"], "epsilons": [0.02]},
        }
    },
    "studies": {
        "corruptions": {"corruptions": "common"},
        "classes": {"datasets": ["street"]},
        "per_image": {"sources": ["psmnet"], "attacks": ["fgsm"]},
    },
}


def stated(rule, place=""):
    """Every default below a rule of the schema, with the path of its key."""
    if "default" in rule:
        yield place, rule["default"]
    inner = dict(rule.get("properties", {}))
    inner |= {"*": rule["additionalProperties"]} if isinstance(rule.get("additionalProperties"), dict) else {}
    inner |= {f"$defs.{name}": definition for name, definition in rule.get("$defs", {}).items()}
    for name, further in inner.items():
        yield from stated(further, f"{place}.{name}".lstrip("."))


def merged(config, path, value):
    """The configuration with the value at a dotted path; ``*`` is every key that is there."""
    first, _, rest = path.partition(".")
    for key in list(config) if first == "*" else [first]:
        if rest:
            merged(config[key], rest, value)
        else:
            assert key not in config
            config[key] = copy.deepcopy(value)


def test_the_schema_states_these_defaults():
    assert dict(stated(complete_schema({}, SCHEMA))) == DEFAULTS
    # A default in a place that the walk above does not know would escape the table.
    assert repr(complete_schema({}, SCHEMA)).count("'default': ") == len(DEFAULTS)


def test_the_smallest_configuration_gets_every_default():
    expected = copy.deepcopy(SMALLEST)
    places = {"$defs.recipe": ("training.*", "finetuning.*"), "$defs.dataset": ("datasets.*",)}
    places |= {"$defs.network": ("networks.*",)}
    for path, value in DEFAULTS.items():
        start = ".".join(path.split(".")[:2])
        for place in places.get(start, (start,)):
            merged(expected, path.replace(start, place, 1), value)
    found = copy.deepcopy(SMALLEST)
    complete_config(found, SCHEMA)
    assert found == expected


@pytest.mark.parametrize("schedule", ["piecewise", "one_cycle"])
def test_values_that_are_given_stay(schedule):
    """Null is a value, too."""
    config = copy.deepcopy(SMALLEST)
    recipe = config["training"]["demo"]
    recipe |= {"schedule": schedule, "gradient_clip": None}
    if schedule == "piecewise":
        recipe |= {"learning_rates": [recipe.pop("learning_rate")]}
    complete_config(config, SCHEMA)
    assert (recipe["schedule"], recipe["gradient_clip"], recipe["processes"]) == (schedule, None, 1)


def test_one_configuration_s_values_are_not_another_s_defaults():
    first, second = copy.deepcopy(SMALLEST), copy.deepcopy(SMALLEST)
    complete_config(first, SCHEMA)
    first["sups"]["seeds"].append(1)
    complete_config(second, SCHEMA)
    assert second["sups"]["seeds"] == [0]
