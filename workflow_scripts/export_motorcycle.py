"""Write the Motorcycle pair of scikit-image as a data set."""

from typing import TYPE_CHECKING

from supcore.data.motorcycle import write_motorcycle
from supcore.workflow.jobs.images import write_images
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    write_images(snakemake.output, write_motorcycle)
