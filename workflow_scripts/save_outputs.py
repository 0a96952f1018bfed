"""Write what one perturbation does to every pair of a data set, or none: images, perturbations and disparities."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.evaluation.outputs import write_outputs
from supcore.workflow.jobs.evaluation import load_pairs, saved_perturbation
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import load_network, prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    network = load_network(snakemake.params.network, snakemake.input.weights, device)
    pairs = load_pairs(snakemake)
    folder = Path(snakemake.output.folder)
    shutil.rmtree(folder, ignore_errors=True)
    write_outputs(network, pairs, saved_perturbation(snakemake).to(device), folder)
    running.log.info("%d pairs in %s", len(pairs), folder)
