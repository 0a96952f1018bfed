"""Draw the figure of a study on one data set."""

from typing import TYPE_CHECKING

from supcore.reporting.studies import read_study
from supcore.reporting.study_figures import study_figure
from supcore.reporting.style import save_figure
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.published import published_numbers

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    files, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    table = read_study(wildcards.study, files.table[0]) if files.table else None
    published, transfer = published_numbers(snakemake), read_table(files.transfer)
    figure = study_figure(wildcards.study, table, transfer, published, wildcards.dataset, params.settings)
    save_figure(figure, [snakemake.output.pdf, snakemake.output.png])
