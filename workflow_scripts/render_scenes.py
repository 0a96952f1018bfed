"""Render one split of a synthetic data set and write its manifest."""

from typing import TYPE_CHECKING

from supcore.data.contents import record_contents
from supcore.data.manifest import write_manifest
from supcore.data.synthetic import write_scenes
from supcore.seeding import derived_seed
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    split = snakemake.params.split
    rows = write_scenes(
        snakemake.output.images,
        snakemake.params.kind,
        count=split["count"],
        image_size=tuple(split["image_size"]),
        seed=derived_seed(snakemake.params.seed, snakemake.wildcards.dataset, snakemake.wildcards.split),
        max_disparity=split["max_disparity"],
    )
    write_manifest(snakemake.output.manifest, rows)
    record_contents(snakemake.output.manifest)
    running.log.info("%d pairs of %s", len(rows), "x".join(map(str, split["image_size"])))
