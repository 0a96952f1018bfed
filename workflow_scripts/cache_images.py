"""Decode and resize the stereo pairs of one split once, if the configuration asks for it; else an empty folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from supcore.data.contents import known_contents
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    config, folder = snakemake.config, snakemake.output.cache
    if config["datasets"][snakemake.wildcards.dataset].get("cache"):
        from supcore.data.image_cache import write_cache  # takes seconds to import, with PyTorch
        from supcore.data.manifest import read_manifest

        samples = read_manifest(snakemake.input.manifest)
        known = known_contents(snakemake.input.manifest)
        write_cache(samples, tuple(config["image_size"]), folder, workers=config["workers"], known=known)
        running.log.info("%d pairs", len(samples))
    else:
        Path(folder).mkdir(parents=True, exist_ok=True)
