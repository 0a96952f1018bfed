"""Check weights from elsewhere against their network and store them as safetensors."""

from typing import TYPE_CHECKING

from supcore.errors import SupError
from supcore.networks import load_weights, save_weights
from supcore.networks.released import refuse_damaged
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import build_wanted

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    wanted = snakemake.params.network
    network = build_wanted(wanted, "cpu")
    refuse_damaged(snakemake.input.checkpoint)
    ignored = load_weights(network, snakemake.input.checkpoint, **snakemake.params.get("reading", {}))
    count = sum(p.numel() for p in network.parameters())
    stated = snakemake.params.get("parameters")  # released weights only
    if stated not in (None, count):
        raise SupError(
            f"{wanted['architecture']}: has {count} parameters with these weights, the registry states {stated}; "
            "correct its entry or the options"
        )
    save_weights(network, snakemake.output.weights)
    running.log.info("%s: %d parameters, %d entries without use", wanted["architecture"], count, len(ignored))
