"""Store the weights that a network starts with, seeded; none for one without parameters."""

from typing import TYPE_CHECKING

import torch

from supcore.networks import save_weights
from supcore.seeding import derived_seed
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import build_wanted

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    wanted, wildcards = snakemake.params.network, snakemake.wildcards
    torch.manual_seed(derived_seed(snakemake.params.seed, wildcards.network, wildcards.weights))
    network = build_wanted(wanted, "cpu")
    save_weights(network, snakemake.output.weights)
    running.log.info("%s: %d parameters", wanted["architecture"], sum(p.numel() for p in network.parameters()))
