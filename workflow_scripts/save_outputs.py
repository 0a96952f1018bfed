"""Write what one SUP does to every pair of a data set: images, perturbations and disparities."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from _evaluation import load_pairs
from _job import job
from _network import load_network
from supcore.evaluation.outputs import write_outputs
from supcore.perturbation import StereoPerturbation

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = running.prepare_device(snakemake)
    network = load_network(snakemake.params.network, snakemake.input.weights, device)
    pairs = load_pairs(snakemake)
    folder = Path(snakemake.output.folder)
    shutil.rmtree(folder, ignore_errors=True)
    write_outputs(network, pairs, StereoPerturbation.load(snakemake.input.sup).to(device), folder)
    running.log.info("%d pairs in %s", len(pairs), folder)
