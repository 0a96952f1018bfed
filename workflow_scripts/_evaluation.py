"""What the two evaluation scripts share: the network and the pairs of a job."""

from supcore.data.dataset import StereoDataset
from supcore.data.manifest import read_manifest
from supcore.networks import build_network, load_weights


def load_target(snakemake, device):
    """The attacked network with its weights, on the device."""
    wanted = snakemake.params.network
    network = build_network(wanted["architecture"], **wanted["options"]).to(device)
    load_weights(network, snakemake.input.weights)
    return network


def load_pairs(snakemake):
    """The stereo pairs of the reported split at the working size."""
    return StereoDataset(read_manifest(snakemake.input.manifest), tuple(snakemake.params.image_size))
