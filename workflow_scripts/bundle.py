"""Put the results of a run, their provenance and its SUPs into one archive."""

from pathlib import Path
from typing import TYPE_CHECKING

from supcore.sharing.bundles import write_bundle
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    archive = snakemake.output[0]
    count = write_bundle(archive, snakemake.input, Path(archive).parent, snakemake.params.configuration)
    running.log.info("%d files", count)
