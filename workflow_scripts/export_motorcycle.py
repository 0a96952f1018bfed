"""Write the Motorcycle pair of scikit-image as a data set."""

from typing import TYPE_CHECKING

from supcore.data.contents import record_contents
from supcore.data.manifest import write_manifest
from supcore.data.motorcycle import write_motorcycle
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    write_manifest(snakemake.output.manifest, write_motorcycle(snakemake.output.images))
    record_contents(snakemake.output.manifest)
