"""What every job that runs a network has: a device, and the network that its rule describes."""

from typing import Any

import torch

from supcore import device
from supcore.networks import StereoNetwork, build_network, load_weights
from supcore.ops import backend
from supcore.pipeline.jobs.job import Job
from supcore.pipeline.places import make_own_networks_importable


def prepare_device(snakemake: Any, running: Job) -> torch.device:
    """Set the threads, choose the device that the configuration asks for, and note both for the provenance."""
    # Not resources.gpu, which Snakemake cuts to what it may hand out: each process of a training needs a GPU.
    params = snakemake.params
    gpus = params.get("training", {}).get("processes", 1)
    # Not snakemake.threads either: the last digits depend on their number, and may not on how many cores there are.
    chosen = device.prepare_device(params.device, params.threads, gpus, deterministic=params.deterministic)
    running.device = {
        "type": str(chosen),
        "gpu": torch.cuda.get_device_name() if chosen.type == "cuda" else None,
        "threads": torch.get_num_threads(),
        "deform_conv_backend": backend(str(chosen)),
    }
    return chosen


def build_wanted(wanted: dict[str, Any], device: str | torch.device) -> StereoNetwork:
    """The network that ``build`` in ``rules/common.smk`` describes, freshly initialised, on the device."""
    make_own_networks_importable()
    network: StereoNetwork = build_network(wanted["architecture"], **wanted["options"]).to(device)
    network.precision = wanted["precision"]
    return network


def load_network(wanted: dict[str, Any], weights: str, device: str | torch.device) -> StereoNetwork:
    """The same with its weights."""
    network = build_wanted(wanted, device)
    load_weights(network, weights)
    return network
