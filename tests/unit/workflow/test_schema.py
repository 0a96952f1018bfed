"""The schema of a configuration takes its lists of names from the library's registries."""

import copy
import re
import subprocess
import sys

import pytest
import yaml

from supcore.attack import PER_IMAGE_ATTACKS
from supcore.corruptions import CORRUPTIONS, GROUPS
from supcore.data.layouts import LAYOUTS, MADE_LAYOUTS
from supcore.data.synthetic import SCENES
from supcore.errors import SupError
from supcore.networks import NETWORKS
from supcore.workflow.schema import REGISTRIES, complete_config, complete_schema
from tests.unit.workflow.test_settings import CONFIG, REPOSITORY

SCHEMA = REPOSITORY / "config/config.schema.yaml"


def test_every_registry_is_used_by_the_schema():
    """And no other: an unknown one would only fail for a configuration that has the key."""
    text = repr(complete_schema({}, SCHEMA))
    assert set(re.findall(r"'registry': '([a-z -]+)'", text)) == set(REGISTRIES)


def test_other_tools_know_the_layouts_that_are_made():
    """They ignore registries, and would want the folder of a rendered data set."""
    assert tuple(yaml.safe_load(SCHEMA.read_text())["$defs"]["made_layout"]["enum"]) == MADE_LAYOUTS


def test_the_schema_takes_every_name_of_a_registry():
    config = copy.deepcopy(CONFIG)
    config["networks"] |= {name: {"weights": {"demo": {"untrained": True}}, "architecture": name} for name in NETWORKS}
    on_disk = {"root": "data", "splits": {"test": ":"}}
    config["datasets"] |= {name: {"layout": name, **on_disk} for name in (*LAYOUTS, "motorcycle")}
    config["studies"] = {
        "corruptions": {"corruptions": list(CORRUPTIONS)},
        "per_image": {"sources": ["psmnet"], "attacks": list(REGISTRIES["per-image attacks"]())},
    }
    for rule in REGISTRIES["step rules"]():
        config["sups"]["step_rule"] = rule
        complete_config(config, SCHEMA)


@pytest.mark.parametrize(
    ("registry", "entries", "use"),
    [
        ("networks", NETWORKS, {"networks": {"n": {"architecture": "new", "weights": {"demo": {"untrained": True}}}}}),
        ("layouts", LAYOUTS, {"datasets": {"d": {"layout": "new", "root": "data", "splits": {"test": ":"}}}}),
        ("corruptions", CORRUPTIONS, {"studies": {"corruptions": {"corruptions": ["new"]}}}),
        ("corruption groups", GROUPS, {"studies": {"corruptions": {"corruptions": "new"}}}),
        ("scenes", SCENES, {"datasets": {"d": {"layout": "synthetic", "scene": "new", "splits": {"test": 1}}}}),
        ("per-image attacks", PER_IMAGE_ATTACKS, {"studies": {"per_image": {"sources": ["n"], "attacks": ["new"]}}}),
    ],
)
def test_a_name_added_to_a_registry_is_known(registry, entries, use, monkeypatch):
    """The how-to pages promise one entry, and no list to keep beside it."""
    config = copy.deepcopy(CONFIG) | use
    with pytest.raises(SupError, match=f"'new' is none of the {registry}; known: "):
        complete_config(copy.deepcopy(config), SCHEMA)
    monkeypatch.setitem(entries, "new", next(iter(entries.values())))
    complete_config(config, SCHEMA)


def test_planning_does_not_import_pytorch():
    """It costs more than planning itself, and every job plans again."""
    modules = "schema, settings, studies, targets, paper"
    code = f"import sys; from supcore.workflow import {modules}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "cv2", "scipy", "pandas"} & set(loaded)
