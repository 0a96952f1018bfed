"""Measure a network under every perturbation of one source: a network's SUPs, or the noise control."""

from typing import TYPE_CHECKING

from supcore.evaluation.records import evaluate, write_records
from supcore.files import write_text
from supcore.reporting.text_block import validation_text
from supcore.workflow.jobs.evaluation import load_perturbations, load_target, universal_conditions
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    target = load_target(snakemake, device)
    source = snakemake.wildcards.source
    sups = load_perturbations(snakemake, device)
    conditions = universal_conditions(source, sups)
    records = evaluate(target, conditions)
    write_records(records, snakemake.output.records)
    steps = {(size, epsilon, str(seed)): sup.train_step for (size, epsilon, seed), sup in sups.items()}
    write_text(snakemake.output.text, validation_text(records, steps))
    running.log.info("%d perturbations on %d pairs", len(conditions), len(target.pairs))
