"""Networks of one's own: without weights (a program of its own, a classical matcher), and with a file of several."""

import json
import sys

import pytest
import torch

from supcore.networks import build_network
from supcore.perturbation import StereoPerturbation
from supcore.shipped import CHECKOUT
from tests.unit.cli.command import PAIRS, refused, supcore

COMMAND = json.dumps([sys.executable, str(CHECKOUT / "examples" / "block_matching.py"), "32"])
PROGRAM = ("--network", "supcore.networks.external:ExternalNetwork", "--option", f"command={COMMAND}")
MATCHER = ("--network", "examples.semi_global_matching:SemiGlobalMatching", "--option", "max_disparity=32")


@pytest.fixture
def sup(tmp_path):
    """Nothing that was optimized; strong enough that block matching feels it."""
    path = tmp_path / "sup.safetensors"
    StereoPerturbation.random_signs((64, 64), (128, 256), 0.1, torch.Generator().manual_seed(0)).save(path)
    return path


@pytest.mark.parametrize("network", [PROGRAM, MATCHER], ids=["program", "matcher"])
def test_it_is_evaluated_without_naming_weights(network, sup):
    lines = supcore("evaluate", *network, "--sup", sup, *PAIRS).splitlines()
    assert lines[0] == f"{network[1]}, 4 pairs, {sup}, epsilon 0.1"
    assert float(lines[-1].split()[1]) > 0


@pytest.mark.parametrize("network", [PROGRAM, MATCHER], ids=["program", "matcher"])
def test_it_is_not_attacked(network, tmp_path):
    line = refused("attack", *network, *PAIRS, "-o", tmp_path / "s.pth")
    assert line.startswith(f"Error: network {network[1]}: has no gradients to attack it by; ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [("attack", "-o", "s.pth"), ("evaluate", "--sup", "{sup}")])
def test_a_network_with_parameters_asks_for_its_weights(command, sup):
    arguments = [word.format(sup=sup) for word in command]
    line = refused(*arguments, "--network", "psmnet", *PAIRS)
    assert line.startswith("Error: network psmnet: needs weights; ")
    assert "--weights" in line


def test_a_state_dict_among_several_is_named(sup, tmp_path):
    network = ("--network", "examples.foreign_network:Wrapped", "--weights", tmp_path / "two.pth")
    state = build_network(network[1]).state_dict()
    torch.save({"ema": state, "last": state}, tmp_path / "two.pth")
    assert "name one by its key" in refused("evaluate", *network, "--sup", sup, *PAIRS)
    assert "SUP" in supcore("evaluate", *network, "--key", "ema", "--sup", sup, *PAIRS)


def test_a_program_that_is_not_named_is_asked_for(sup):
    line = refused("evaluate", *PROGRAM[:2], "--sup", sup, *PAIRS)
    assert line.endswith("ExternalNetwork: needs the option command; give it a value")
