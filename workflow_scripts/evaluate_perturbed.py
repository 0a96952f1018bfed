"""Measure a network under every perturbation of one source: a network's SUPs, or the noise control."""

from typing import TYPE_CHECKING

from _evaluation import load_pairs, load_target
from _job import job
from supcore.evaluation.records import Condition, evaluate, write_records
from supcore.files import write_text
from supcore.perturbation import StereoPerturbation
from supcore.pipeline.settings import tile_size
from supcore.reporting.text_block import validation_text
from supcore.seeding import torch_generator

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def noise(size, epsilon, seed):
    """The control of one cell of the grid: random signs, the same for every target."""
    image_size = tuple(snakemake.params.image_size)
    generator = torch_generator(snakemake.params.seed, "noise", size, epsilon, seed)
    return StereoPerturbation.random_signs(tile_size(size, image_size), image_size, float(epsilon), generator)


with job(snakemake) as running:
    device = running.prepare_device(snakemake)
    network, pairs = load_target(snakemake, device), load_pairs(snakemake)
    source, grid = snakemake.wildcards.source, snakemake.params.grid
    if source == "noise":
        perturbations = [noise(*name) for name in grid]
    else:
        perturbations = [StereoPerturbation.load(path) for path in snakemake.input.sups]
    conditions = [
        Condition(source, size, epsilon, str(seed), perturbation.to(device))
        for (size, epsilon, seed), perturbation in zip(grid, perturbations, strict=True)
    ]
    names = {"dataset": snakemake.wildcards.dataset, "target": snakemake.wildcards.network}
    records = evaluate(network, pairs, snakemake.input.predictions, conditions, batch=snakemake.params.batch, **names)
    write_records(records, snakemake.output.records)
    steps = {(c.size, c.epsilon, c.seed): c.perturbation.train_step for c in conditions}
    write_text(snakemake.output.text, validation_text(records, steps))
    running.log.info("%d perturbations on %d pairs", len(conditions), len(pairs))
