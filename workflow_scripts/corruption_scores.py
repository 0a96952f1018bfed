"""Sum up the corruption study: one number per network, in CSV, Markdown and LaTeX."""

from typing import TYPE_CHECKING

from supcore.files import write_text
from supcore.reporting.corruption_scores import corruption_scores, score_matrices
from supcore.reporting.matrix import document, to_latex, to_markdown
from supcore.reporting.studies import read_study
from supcore.reporting.summary import write_csv
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    files, baseline = snakemake.output, snakemake.params.baseline
    scores = corruption_scores(read_study("corruptions", snakemake.input.corruptions), baseline)
    write_csv(scores, files.table)
    for path, write in ((files.markdown, to_markdown), (files.latex, to_latex)):
        write_text(path, document(score_matrices(scores, baseline), write))
    running.log.info("%d rows", len(scores))
