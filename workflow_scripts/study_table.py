"""Make the table of a study and print it, in CSV, Markdown and LaTeX."""

from pathlib import Path
from typing import TYPE_CHECKING

from supcore.files import write_text
from supcore.reporting.matrix import document, to_latex, to_markdown
from supcore.reporting.summary import write_csv
from supcore.studies import make_study
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.tables import note_backends, note_overlap, published_numbers, read_tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    files, outputs, params = snakemake.input, snakemake.output, snakemake.params
    study = make_study(snakemake.wildcards.study, params.study)
    published, tables = published_numbers(snakemake), read_tables(snakemake)
    table = study.table(files.records, tables, published, params.seed)
    write_csv(table, outputs.table)
    views = list(study.matrices(study.shown(table, tables, published))) if len(table) else []
    warnings = running.repeat_warnings([Path(file).with_suffix(".json") for file in files.records])
    write_text(outputs.markdown, document(views, to_markdown) + "".join(f"\nWarning: {text}.\n" for text in warnings))
    write_text(outputs.latex, document(views, to_latex))
    note_backends(running, files.records)
    note_overlap(running, files.overlap)
    running.log.info("%d rows from %d record files", len(table), len(files.records))
