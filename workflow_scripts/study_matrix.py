"""Show the table of a study as matrices, in Markdown and LaTeX."""

from typing import TYPE_CHECKING

from supcore.files import write_text
from supcore.reporting.matrix import document, to_latex, to_markdown
from supcore.reporting.studies import read_study
from supcore.reporting.study_tables import study_matrices
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.published import published_numbers

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    files, study = snakemake.input, snakemake.wildcards.study
    table = read_study(study, files.table[0]) if files.table else None
    views = study_matrices(study, table, read_table(files.transfer), published_numbers(snakemake))
    write_text(snakemake.output.markdown, document(views, to_markdown))
    write_text(snakemake.output.latex, document(views, to_latex))
