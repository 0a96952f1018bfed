"""Read a study off the transfer table."""

from typing import TYPE_CHECKING

from supcore.reporting.summary import write_csv
from supcore.reporting.transfer import read_table
from supcore.reporting.transfer_studies import finetuning, robust_design
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    transfer, settings = read_table(snakemake.input.transfer), snakemake.params.settings
    if snakemake.wildcards.study == "robust_design":
        table = robust_design(transfer, settings["designs"])
    else:
        table = finetuning(transfer, settings["finetuned"])
    write_csv(table, snakemake.output.table)
    running.log.info("%d rows", len(table))
