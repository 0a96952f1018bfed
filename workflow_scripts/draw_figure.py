"""Draw a figure of a study."""

from typing import TYPE_CHECKING

from supcore.reporting.style import save_figure
from supcore.studies import make_study
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.tables import published_numbers, read_table, read_tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    params, tables = snakemake.params, read_tables(snakemake)
    study = make_study(params.name, params.study)
    shown = study.shown(read_table(study, snakemake.input.table), tables, published_numbers(snakemake))
    save_figure(study.draw(shown, tables, **params.options), [snakemake.output.pdf, snakemake.output.png])
