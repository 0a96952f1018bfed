"""What every job that runs a network has: a device, and the network that its rule describes."""

import os
from typing import Any

import torch

from supcore.device import fix_arithmetic
from supcore.errors import SupError
from supcore.networks import StereoNetwork, build_network, load_weights
from supcore.networks.acceleration import accelerate
from supcore.ops import backend
from supcore.workflow.gpu_slots import VISIBLE, claim_gpus
from supcore.workflow.jobs.job import Job
from supcore.workflow.places import make_own_code_importable


def prepare_device(snakemake: Any, running: Job) -> torch.device:
    """Fix the arithmetic, choose the device of the configuration, and note both for the provenance."""
    # Not snakemake.threads: the last digits depend on their number, and may not on how many cores there are.
    params = snakemake.params
    fix_arithmetic(params.threads, deterministic=params.deterministic)
    # Not resources.gpu, which Snakemake cuts to what it may hand out: each process of a training needs a GPU.
    chosen = claim_device(params.device, params.get("training", {}).get("processes", 1))
    running.device = {
        "type": str(chosen),
        "gpu": torch.cuda.get_device_name() if chosen.type == "cuda" else None,
        "threads": torch.get_num_threads(),
        "deform_conv_backend": backend(str(chosen)),
    }
    return chosen


def claim_device(name: str, gpus: int = 1) -> torch.device:
    """The device called ``cpu`` or ``cuda``; ``gpus`` cards of the machine are then this process's own.

    Raises:
        SupError: there is no GPU, or there are fewer.
    """
    # Where somebody chose the cards, PyTorch is not asked: its count can start CUDA, which fixes what is visible.
    if name == "cuda" and (VISIBLE in os.environ or torch.cuda.device_count()):
        claim_gpus(gpus)
    if name == "cuda" and not torch.cuda.is_available():
        raise SupError("config key device: 'cuda' asked for, but PyTorch sees no GPU; use 'cpu'")
    return torch.device(name)


def build_wanted(wanted: dict[str, Any], device: str | torch.device) -> StereoNetwork:
    """The network that ``build`` in ``rules/common.smk`` describes, freshly initialized, on the device."""
    make_own_code_importable()
    network: StereoNetwork = build_network(wanted["architecture"], **wanted["options"]).to(device)
    network.precision = wanted["precision"]
    return network


def load_network(wanted: dict[str, Any], weights: str, device: str | torch.device) -> StereoNetwork:
    """The same with its weights, accelerated, to attack it or to predict with."""
    network = build_wanted(wanted, device)
    load_weights(network, weights)
    return accelerate(network)
