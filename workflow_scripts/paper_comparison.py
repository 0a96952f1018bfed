"""Set every published number beside ours."""

from typing import TYPE_CHECKING

from supcore.files import atomic_path
from supcore.reporting.comparison import IMAGE_SIZE, compare, measured_study, measured_transfer
from supcore.reporting.studies import read_study
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.published import published_numbers

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    published = published_numbers(snakemake)
    tables = map(read_study, snakemake.params.studies, snakemake.input.studies)
    measured = [measured_transfer(read_table(snakemake.input.transfer))]
    measured += [measured_study(*study) for study in zip(snakemake.params.studies, tables, strict=True)]
    params = snakemake.params
    as_published = params.mode == "as_published" and tuple(params.image_size) == IMAGE_SIZE
    table = compare(published, measured, as_published=as_published)
    with atomic_path(snakemake.output.table) as temporary:
        table.to_csv(temporary, index=False, float_format="%.4f", lineterminator="\n")
    verdicts = table["verdict"].value_counts()
    running.log.info(
        "%d published numbers: %s", len(table), ", ".join(f"{n} {v or 'not run'}" for v, n in verdicts.items())
    )
