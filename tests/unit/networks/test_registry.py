"""Building networks by name."""

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
