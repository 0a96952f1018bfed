"""Measure a network under its own SUP after more and more training samples."""

from typing import TYPE_CHECKING

from supcore.attack.snapshots import load_snapshots
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.records import evaluate, write_records
from supcore.workflow.jobs.evaluation import load_target
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    target = load_target(snakemake, device)
    conditions = []
    for (source, (size, epsilon, seed), batch), path in zip(
        snakemake.params.attacks, snakemake.input.snapshots, strict=True
    ):
        for step, sup in load_snapshots(path).items():
            labels = {"samples": str(step * batch)}
            conditions.append(Condition(source, size, epsilon, str(seed), universal(sup.to(device)), labels))
    records = evaluate(target, conditions)
    write_records(records, snakemake.output.records)
    running.log.info("%d snapshots on %d pairs", len(conditions), len(target.pairs))
