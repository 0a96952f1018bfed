"""Summarise the per-image records of a study."""

from typing import TYPE_CHECKING

from supcore.reporting.studies import study_table
from supcore.reporting.summary import write_csv
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    params = snakemake.params
    table = study_table(snakemake.wildcards.study, snakemake.input.records, params.settings, seed=params.seed)
    write_csv(table, snakemake.output.table)
    running.log.info("%d rows", len(table))
