"""Draw the paper's plots with our numbers on top, and its main result beside ours."""

from typing import TYPE_CHECKING

from supcore.reporting.comparison import COLUMNS
from supcore.reporting.paper_plots import paper_plot
from supcore.reporting.paper_summary import paper_summary
from supcore.reporting.style import save_figure
from supcore.reporting.summary import read_csv
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.tables import published_numbers

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    files, outputs = snakemake.input, snakemake.output
    comparison, published = read_csv(files.comparison, COLUMNS), published_numbers(snakemake)
    save_figure(paper_summary(comparison, read_table(files.transfer)), [outputs.pdf, outputs.png])
    for plot, *places in zip(snakemake.params.plots, outputs.plot_pdfs, outputs.plot_pngs, strict=True):
        save_figure(paper_plot(plot, published, comparison), places)
