"""Building the network that a rule describes."""

import sys
from pathlib import Path

from supcore.networks import build_network, load_weights

# Where a network of one's own may be, besides installed packages: beside the Snakefile, or in the working directory.
sys.path[:0] = [str(Path.cwd()), str(Path(__file__).resolve().parents[1])]


def build_wanted(wanted, device):
    """The network of ``rules/common.smk``'s ``build``, freshly initialised, on the device."""
    network = build_network(wanted["architecture"], **wanted["options"]).to(device)
    network.precision = wanted["precision"]
    return network


def load_network(wanted, weights, device):
    """The same with its weights."""
    network = build_wanted(wanted, device)
    load_weights(network, weights)
    return network
