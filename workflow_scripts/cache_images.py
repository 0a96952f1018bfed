"""Decode and resize the stereo pairs of one split once, if the configuration asks for it; else an empty folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from supcore.pipeline.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    params, folder = snakemake.params, snakemake.output.cache
    if params.cached:
        from supcore.data.image_cache import write_cache  # takes seconds to import, with PyTorch
        from supcore.data.manifest import read_manifest

        samples = read_manifest(snakemake.input.manifest)
        write_cache(samples, tuple(params.image_size), folder, workers=snakemake.config["workers"])
        running.log.info("%d pairs", len(samples))
    else:
        Path(folder).mkdir(parents=True, exist_ok=True)
