"""Predict every pair of a data set once, without perturbation, and measure the errors."""

from typing import TYPE_CHECKING

from supcore.evaluation.conditions import Condition
from supcore.evaluation.predictions import predict_clean
from supcore.evaluation.records import evaluate, write_records
from supcore.files import write_text
from supcore.reporting.text_block import validation_block
from supcore.workflow.jobs.evaluation import load_target
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    target = load_target(snakemake, device)
    predict_clean(target)
    records = evaluate(target, [Condition("none")])
    write_records(records, snakemake.output.records)
    write_text(snakemake.output.text, validation_block(records, None))
    running.log.info(
        "D1 %.2f %%, EPE %.3f px on %d pairs", records["d1"].mean(), records["epe"].mean(), len(target.pairs)
    )
