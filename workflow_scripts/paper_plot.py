"""Draw one of the paper's plots with our numbers on top."""

from typing import TYPE_CHECKING

from supcore.reporting.comparison import COLUMNS
from supcore.reporting.paper_plots import paper_plot
from supcore.reporting.style import save_figure
from supcore.reporting.summary import read_csv
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.published import published_numbers

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    comparison = read_csv(snakemake.input.comparison, COLUMNS)
    published = published_numbers(snakemake)
    save_figure(
        paper_plot(snakemake.wildcards.plot, published, comparison), [snakemake.output.pdf, snakemake.output.png]
    )
