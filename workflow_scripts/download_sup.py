"""Fetch one released perturbation and leave the raw file."""

from pathlib import Path
from typing import TYPE_CHECKING

from _job import job
from supcore.download import obtain_checkpoint

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    params = snakemake.params
    obtain_checkpoint(params.checkpoint, Path(snakemake.output[0]), downloads=Path(params.downloads))
