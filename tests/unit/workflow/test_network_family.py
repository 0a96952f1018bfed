"""The family of a network without importing it: as its class would say it, and no guess otherwise."""

import sys

import pytest
import torch

from supcore.networks import NETWORKS, build_network
from supcore.workflow.network_family import network_family


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write a module that cannot be imported, and have it on Python's path."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, text):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('imported')\n" + text)

    return write


def test_the_library_s_networks_are_told_as_their_classes_tell_it():
    with torch.device("meta"):
        assert {n: network_family(n) for n in NETWORKS} == {n: build_network(n).family for n in NETWORKS}


def test_an_own_network_tells_it_without_being_imported(own):
    own("family_said", "class Net(Base):\n    year = 2020\n    family: str = 'classical'\n")
    assert network_family("family_said:Net") == "classical"
    assert "family_said" not in sys.modules


def test_an_own_network_has_that_of_its_base_unless_it_says_another(own):
    text = "from supcore.networks.raft_stereo import RAFTStereo as Raft\nclass Heir(Mixin, Raft): pass\n"
    own("family_left", text + "class Other(Raft):\n    family = 'volume'\n")
    assert network_family("family_left:Heir") == "iterative"
    assert network_family("family_left:Other") == "volume"


def test_nothing_is_guessed(own):
    own("family_unsaid", "import torch\nclass Bare(torch.nn.Module): pass\nclass Made(Bare):\n    family = choose()\n")
    names = ("family_unsaid:Bare", "family_unsaid:Made", "family_unsaid:Absent", "no_such_module_at_all:Net")
    assert [network_family(name) for name in names] == [None] * 4
