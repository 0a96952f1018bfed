"""Draw the errors on clean, noisy and attacked images beside each other."""

from typing import TYPE_CHECKING

from supcore.reporting.figures import save_figure, transfer_bars
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    save_figure(transfer_bars(read_table(snakemake.input[0])), [snakemake.output.pdf, snakemake.output.png])
