"""What the two evaluation scripts share: the network and the pairs of a job."""

from _network import load_network
from supcore.data.image_cache import open_pairs


def load_target(snakemake, device):
    """The attacked network with its weights, on the device."""
    return load_network(snakemake.params.network, snakemake.input.weights, device)


def load_pairs(snakemake):
    """The stereo pairs of the reported split at the working size."""
    files = snakemake.input
    return open_pairs(files.manifest, tuple(snakemake.params.image_size), files.get("cache"))
