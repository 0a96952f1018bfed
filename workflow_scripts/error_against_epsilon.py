"""Draw the error of every network against epsilon on one data set."""

from typing import TYPE_CHECKING

from supcore.reporting.figures import error_against_epsilon, save_figure
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    figure = error_against_epsilon(read_table(snakemake.input[0]), snakemake.wildcards.dataset)
    save_figure(figure, [snakemake.output.pdf, snakemake.output.png])
