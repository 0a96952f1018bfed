"""Measure a network within the classes of the scenes, on clean and on perturbed images."""

from typing import TYPE_CHECKING

from supcore.evaluation.classes import evaluate_classes
from supcore.evaluation.conditions import Condition
from supcore.evaluation.records import write_records
from supcore.workflow.jobs.evaluation import load_target, strongest_conditions
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    target = load_target(snakemake, device)
    conditions = [Condition("none"), *strongest_conditions(snakemake, device)]
    records = evaluate_classes(target, conditions, min_pixels=snakemake.params.study["min_pixels"])
    write_records(records, snakemake.output.records)
    running.log.info("%d conditions on %d pairs", len(conditions), len(target.pairs))
