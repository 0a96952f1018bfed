"""Measure a network under every perturbation of one source: a network's SUPs, or the noise control."""

from typing import TYPE_CHECKING

from supcore.evaluation.records import evaluate
from supcore.files import write_text
from supcore.reporting.text_block import validation_text
from supcore.workflow.jobs.cells import job_cells, joined, read_joined, split
from supcore.workflow.jobs.evaluation import load_perturbations, load_target, universal_conditions
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    sups = load_perturbations(snakemake, device)
    cells = job_cells(snakemake, running)
    paths = {name: cells.path(name, sup) for name, sup in sups.items()}
    kept = {name: text for name, path in paths.items() if (text := cells.read(path)) is not None}
    missing = {name: sup for name, sup in sups.items() if name not in kept}
    measured = {}
    if missing:
        target = load_target(snakemake, device)
        records = evaluate(target, universal_conditions(snakemake.wildcards.source, missing))
        measured = {name: cells.write(paths[name], rows) for name, rows in split(records, missing).items()}
    write_text(snakemake.output.records, joined(kept | measured))
    steps = {(size, epsilon, str(seed)): sup.train_step for (size, epsilon, seed), sup in sups.items()}
    write_text(snakemake.output.text, validation_text(read_joined(snakemake.output.records), steps))
    running.log.info("%d perturbations, %d of them kept from before", len(paths), len(kept))
