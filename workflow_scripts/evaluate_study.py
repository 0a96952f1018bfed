"""Evaluate networks for a study: the one that the job is for, or all that are attacked through it."""

from pathlib import Path
from typing import TYPE_CHECKING

from supcore.evaluation.records import write_records
from supcore.studies import make_study
from supcore.workflow.jobs.evaluation import study_job
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    study = make_study(snakemake.wildcards.study, snakemake.params.study)
    records = study.records(study_job(snakemake, device))
    running.repeat_warnings([Path(file).with_name("sup.json") for file in snakemake.input.sups])
    write_records(records, snakemake.output.records)
    running.log.info("%d records", len(records))
