"""Fetch one released perturbation and leave the raw file."""

from pathlib import Path
from typing import TYPE_CHECKING

from supcore.download import obtain_checkpoint
from supcore.tensor_files import read_either
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    params = snakemake.params
    destination, downloads = Path(snakemake.output[0]), Path(params.downloads)
    obtain_checkpoint(params.released, destination, downloads=downloads, read=read_either)
