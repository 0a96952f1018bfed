"""Draw the transfer table as heat maps."""

from typing import TYPE_CHECKING

from supcore.reporting.figures import save_figure, transfer_heatmap
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    figure = transfer_heatmap(read_table(snakemake.input[0]), snakemake.wildcards.reference)
    save_figure(figure, [snakemake.output.pdf, snakemake.output.png])
