"""Predict every pair of a data set once, without perturbation, and measure the errors."""

from typing import TYPE_CHECKING

from _evaluation import evaluation_options, load_pairs, load_target, loading_options
from _job import job
from supcore.evaluation.conditions import Condition
from supcore.evaluation.predictions import predict_clean
from supcore.evaluation.records import evaluate, write_records
from supcore.files import write_text
from supcore.reporting.text_block import validation_block

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = running.prepare_device(snakemake)
    network, pairs = load_target(snakemake, device), load_pairs(snakemake)
    predictions, options = snakemake.output.predictions, evaluation_options(snakemake)
    predict_clean(network, pairs, predictions, **loading_options(snakemake))
    records = evaluate(network, pairs, predictions, [Condition("none")], **options)
    write_records(records, snakemake.output.records)
    write_text(snakemake.output.text, validation_block(records, None))
    running.log.info("D1 %.2f %%, EPE %.3f px on %d pairs", records["d1"].mean(), records["epe"].mean(), len(pairs))
