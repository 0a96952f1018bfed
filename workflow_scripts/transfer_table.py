"""Summarise all per-image records to the transfer table."""

from typing import TYPE_CHECKING

import pandas as pd

from supcore.reporting.summary import read_records, write_csv
from supcore.reporting.transfer import transfer_table
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.published import published_numbers
from supcore.workflow.provenance import mixed_backends, operator_backends

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    records = read_records(snakemake.input.records)
    table = transfer_table(records, published_numbers(snakemake), seed=snakemake.params.seed)
    write_csv(table, snakemake.output.table)
    running.settings["overlap"] = pd.read_csv(snakemake.input.overlap, keep_default_na=False).to_dict("records")
    backends = operator_backends(snakemake.input.records)
    running.settings["deform_conv_backends"] = {name: len(records) for name, records in backends.items()}
    if warning := mixed_backends(backends):
        running.log.warning("warning: %s", warning)
    running.log.info("%d rows from %d records", len(table), len(records))
