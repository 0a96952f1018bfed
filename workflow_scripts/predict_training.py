"""Predict every pair that SUPs are optimized on once, without perturbation."""

from typing import TYPE_CHECKING

from supcore.evaluation.predictions import predict_clean
from supcore.workflow.jobs.evaluation import load_target
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    target = load_target(snakemake, prepare_device(snakemake, running))
    predict_clean(target)
    running.log.info("%d pairs", len(target.pairs))
