"""Building networks by name and by import path."""

import sys

import pytest
import torch

from supcore.errors import SupError
from supcore.networks import NETWORKS, StereoNetwork, StereoOutput, build_network

SMALL = {"base_channels": 4, "block_counts": [1, 1, 1, 1], "pooling_sizes": [8, 4, 2, 1], "max_disparity": 16}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_entry_builds_a_stereo_network_in_evaluation_mode(name):
    """An entry whose module or class is misspelt would only fail in a job."""
    with torch.device("meta"):
        network = build_network(name)
    assert isinstance(network, StereoNetwork)
    assert not any(module.training for module in network.modules())


def test_the_variants_of_psmnet_differ_in_their_deformable_layers():
    layers = {
        name: build_network(name, **SMALL).options.deformable_layers
        for name in ("psmnet", "psmnet_deform6", "psmnet_deform25")
    }
    assert layers == {"psmnet": (), "psmnet_deform6": (3, 4), "psmnet_deform25": (1, 2, 3, 4)}


def test_lists_of_a_yaml_file_are_taken():
    network = build_network("psmnet_deform6", **SMALL)
    assert network.options.block_counts == (1, 1, 1, 1)
    output = network(*[torch.rand(1, 3, 32, 64)] * 2)
    assert isinstance(output, StereoOutput)
    assert len(output.auxiliary) == 2


def test_unknown_network_lists_the_known_ones():
    with pytest.raises(SupError, match=r"unknown network 'psm_net'; known networks: .*psmnet_deform25"):
        build_network("psm_net")


def test_unknown_option_lists_the_known_ones():
    with pytest.raises(SupError, match=r"network psmnet: unknown option max_disp; known options: .*max_disparity"):
        build_network("psmnet", max_disp=192)


@pytest.mark.parametrize("options", [{"max_disparity": 100}, {"base_channels": "wide"}, {"deformable_layers": 3}])
def test_impossible_value_is_one_line_that_names_network_and_option(options):
    with pytest.raises(SupError, match=r"^network psmnet: ") as caught:
        build_network("psmnet", **options)
    assert "\n" not in str(caught.value)


def test_initial_weights_follow_torch_s_seed():
    states = []
    for seed in (0, 0, 1):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            states.append(build_network("psmnet", **SMALL).state_dict()["dres0.0.0.weight"])
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


OWN = """
from __future__ import annotations
from dataclasses import dataclass
from supcore.networks import StereoNetwork

@dataclass(frozen=True)
class FlatOptions:
    disparity: float = 1.0

class Flat(StereoNetwork):
    def __init__(self, options=FlatOptions()):
        super().__init__()
        self.options = options

    def estimate(self, left, right, *, finest_only, **options):
        return [left[:, :1] * 0 + self.options.disparity]

    def loss(self, output, target):
        return output.disparity.mean()

class Unfinished(StereoNetwork):
    pass

class WithoutOptions(Flat):
    pass
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A package of somebody's own on Python's path, gone after the test."""
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "flat.py").write_text(OWN)
    (package / "broken.py").write_text("def (:\n")
    (package / "needy.py").write_text("import a_library_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "own_package"]:
        del sys.modules[name]


def test_a_network_from_elsewhere_is_built_by_its_import_path(own):
    network = build_network("own_package.flat:Flat", disparity=3.0)
    assert isinstance(network, StereoNetwork)
    assert not network.training
    assert network.predict(*[torch.rand(1, 3, 4, 8)] * 2).unique().tolist() == [3.0]


def test_options_of_a_network_from_elsewhere_have_its_types_even_if_annotations_are_postponed(own):
    with pytest.raises(SupError, match=r"^network own_package.flat:Flat: disparity must be a number, got 'false'$"):
        build_network("own_package.flat:Flat", disparity="false")


def test_device_of_a_network_without_parameters_is_known(own):
    assert build_network("own_package.flat:Flat").to("meta").device == torch.device("meta")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "own_package.absent:Flat",
            "module own_package.absent cannot be imported: No module named 'own_package.absent'",
        ),
        ("own_package.needy:Flat", "module own_package.needy cannot be imported: No module named 'a_library_that_is"),
        (
            "own_package.broken:Flat",
            r"module own_package.broken cannot be imported: invalid syntax \(broken.py, line 1",
        ),
        ("own_package.flat:Round", "own_package.flat has no sub-class of StereoNetwork called Round"),
        ("own_package.flat:FlatOptions", "own_package.flat has no sub-class of StereoNetwork called FlatOptions"),
        ("own_package.flat:Unfinished", "Unfinished does not implement estimate, loss"),
        ("own_package.flat:WithoutOptions", "own_package.flat has no dataclass WithoutOptionsOptions"),
    ],
)
def test_wrong_import_path_is_one_line_that_says_what_is_missing(own, name, message):
    with pytest.raises(SupError, match=rf"^network {name}: {message}") as caught:
        build_network(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [":Flat", "own_package.flat:", "own_package.flat"])
def test_half_an_import_path_is_an_unknown_network(own, name):
    with pytest.raises(SupError, match=r"unknown network .* or an import path package.module:ClassName"):
        build_network(name)


def test_unknown_option_of_a_network_from_elsewhere_lists_the_known_ones(own):
    with pytest.raises(SupError, match=r"unknown option depth; known options: disparity"):
        build_network("own_package.flat:Flat", depth=1)
