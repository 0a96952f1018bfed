"""Draw the paper's main result beside ours."""

from typing import TYPE_CHECKING

from supcore.reporting.comparison import COLUMNS
from supcore.reporting.paper_summary import paper_summary
from supcore.reporting.style import save_figure
from supcore.reporting.summary import read_csv
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    comparison = read_csv(snakemake.input.comparison, COLUMNS)
    figure = paper_summary(comparison, read_table(snakemake.input.transfer))
    save_figure(figure, [snakemake.output.pdf, snakemake.output.png])
