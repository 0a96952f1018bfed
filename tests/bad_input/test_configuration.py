"""Configurations, checked in the same steps as by the workflow, without starting it."""

import copy

import pytest
import yaml

from supcore.workflow.schema import complete_config
from supcore.workflow.settings import Settings
from supcore.workflow.studies import Studies
from tests.bad_input.refusal import check_refusal
from tests.bad_input.wrong_configurations import WRONG
from tests.workflow.conftest import REPOSITORY

BASE = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
SCHEMA = REPOSITORY / "config/config.schema.yaml"


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
