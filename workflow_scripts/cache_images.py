"""Decode and resize the stereo pairs of one split once."""

from typing import TYPE_CHECKING

from _job import job
from supcore.data.image_cache import write_cache
from supcore.data.manifest import read_manifest

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    samples = read_manifest(snakemake.input.manifest)
    # Not a parameter of the rule: the number of workers changes nothing in the cache.
    workers = snakemake.config["workers"]
    write_cache(samples, tuple(snakemake.params.image_size), snakemake.output.cache, workers=workers)
    running.log.info("%d pairs", len(samples))
