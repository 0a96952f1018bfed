"""Measure a network within the classes of the scenes, on clean and on perturbed images."""

from typing import TYPE_CHECKING

from _evaluation import load_target, strongest_conditions
from _job import job
from supcore.evaluation.classes import evaluate_classes
from supcore.evaluation.conditions import Condition
from supcore.evaluation.records import write_records

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = running.prepare_device(snakemake)
    target = load_target(snakemake, device)
    conditions = [Condition("none"), *strongest_conditions(snakemake, device)]
    records = evaluate_classes(target, conditions, min_pixels=snakemake.params.study["min_pixels"])
    write_records(records, snakemake.output.records)
    running.log.info("%d conditions on %d pairs", len(conditions), len(target.pairs))
