"""Fetch one released checkpoint, check it, and leave the raw file."""

from pathlib import Path
from typing import TYPE_CHECKING

from supcore.download import load_registry, obtain_checkpoint
from supcore.networks.checkpoints import read_state_dict
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    params = snakemake.params
    entry = load_registry(params.registry).entry(params.architecture, params.entry)
    destination, downloads = Path(snakemake.output[0]), Path(params.downloads)
    obtain_checkpoint(entry, destination, downloads=downloads, read=read_state_dict)
