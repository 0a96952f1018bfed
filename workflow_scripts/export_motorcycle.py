"""Write the Motorcycle pair of scikit-image as a data set."""

from typing import TYPE_CHECKING

from _job import job
from supcore.data.manifest import write_manifest
from supcore.data.motorcycle import write_motorcycle

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    write_manifest(snakemake.output.manifest, write_motorcycle(snakemake.output.images))
