"""Write what one SUP does to every pair of a data set: images, perturbations and disparities."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.evaluation.outputs import write_outputs
from supcore.perturbation import StereoPerturbation
from supcore.workflow.jobs.evaluation import load_pairs
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
    write_outputs(network, pairs, StereoPerturbation.load(snakemake.input.sup).to(device), folder)
    running.log.info("%d pairs in %s", len(pairs), folder)
