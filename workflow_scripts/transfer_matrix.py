"""Show the transfer table as matrices, source by target, in Markdown and LaTeX."""

from typing import TYPE_CHECKING

from _job import job
from supcore.files import write_text
from supcore.reporting.matrix import matrices, to_latex, to_markdown
from supcore.reporting.transfer import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    views = matrices(read_table(snakemake.input[0]))
    write_text(snakemake.output.markdown, "\n\n".join(map(to_markdown, views)) + "\n")
    write_text(snakemake.output.latex, "\n\n".join(map(to_latex, views)) + "\n")
