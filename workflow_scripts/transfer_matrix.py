"""Show the transfer table as matrices, source by target, in Markdown and LaTeX."""

from typing import TYPE_CHECKING

from supcore.files import write_text
from supcore.reporting.matrix import document, to_latex, to_markdown
from supcore.reporting.transfer import read_table
from supcore.reporting.transfer_matrix import transfer_matrices
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    views = transfer_matrices(read_table(snakemake.input[0]))
    write_text(snakemake.output.markdown, document(views, to_markdown))
    write_text(snakemake.output.latex, document(views, to_latex))
