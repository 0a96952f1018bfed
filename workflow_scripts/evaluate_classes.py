"""Measure a network within the classes of the scenes, on clean and on perturbed images."""

from typing import TYPE_CHECKING

from _evaluation import evaluation_options, load_pairs, load_target, strongest_conditions
from _job import job
from supcore.evaluation.classes import evaluate_classes
from supcore.evaluation.conditions import Condition
from supcore.evaluation.records import write_records

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = running.prepare_device(snakemake)
    network, pairs = load_target(snakemake, device), load_pairs(snakemake)
    conditions = [Condition("none"), *strongest_conditions(snakemake, device)]
    options = evaluation_options(snakemake) | {"min_pixels": snakemake.params.study["min_pixels"]}
    records = evaluate_classes(network, pairs, snakemake.input.predictions, conditions, **options)
    write_records(records, snakemake.output.records)
    running.log.info("%d conditions on %d pairs", len(conditions), len(pairs))
