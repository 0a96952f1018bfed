"""Set every published number beside ours."""

from typing import TYPE_CHECKING

from supcore.files import atomic_path
from supcore.reporting.comparison import IMAGE_SIZE, compare
from supcore.studies import make_study
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.tables import published_numbers, read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    params, studies = snakemake.params, [make_study(*study) for study in snakemake.params.studies]
    tables = map(read_table, studies, snakemake.input.tables)
    measured = [study.numbers(table) for study, table in zip(studies, tables, strict=True)]
    as_published = params.mode == "as_published" and tuple(params.image_size) == IMAGE_SIZE
    table = compare(published_numbers(snakemake), measured, as_published=as_published, asked=params.asked)
    with atomic_path(snakemake.output.table) as temporary:
        table.to_csv(temporary, index=False, float_format="%.4f", lineterminator="\n")
    verdicts = table["verdict"].value_counts()
    running.log.info(
        "%d published numbers: %s", len(table), ", ".join(f"{n} {v or 'not run'}" for v, n in verdicts.items())
    )
