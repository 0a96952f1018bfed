"""Predict every pair of a data set once, without perturbation, and measure the errors."""

from typing import TYPE_CHECKING

from _evaluation import load_pairs, load_target
from _job import job
from supcore.evaluation.records import Condition, evaluate, predict_clean, write_records

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = running.prepare_device(snakemake)
    network, pairs = load_target(snakemake, device), load_pairs(snakemake)
    batch, predictions = snakemake.params.batch, snakemake.output.predictions
    predict_clean(network, pairs, predictions, batch=batch)
    names = {"dataset": snakemake.wildcards.dataset, "target": snakemake.wildcards.network}
    records = evaluate(network, pairs, predictions, [Condition("none")], batch=batch, **names)
    write_records(records, snakemake.output.records)
    running.log.info("D1 %.2f %%, EPE %.3f px on %d pairs", records["d1"].mean(), records["epe"].mean(), len(pairs))
