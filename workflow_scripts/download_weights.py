"""Fetch one released checkpoint, check it, and leave the raw file."""

from pathlib import Path
from typing import TYPE_CHECKING

from _job import job
from supcore.download import load_registry, obtain_checkpoint

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    params = snakemake.params
    entry = load_registry(params.registry).entry(params.architecture, params.entry)
    obtain_checkpoint(entry, Path(snakemake.output[0]), downloads=Path(params.downloads))
