"""Render one split of a synthetic data set and write its manifest."""

from functools import partial
from typing import TYPE_CHECKING

from supcore.data.synthetic import write_scenes
from supcore.seeding import derived_seed
from supcore.workflow.jobs.images import write_images
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    split = snakemake.params.split
    render = partial(
        write_scenes,
        kind=snakemake.params.kind,
        count=split["count"],
        image_size=tuple(split["image_size"]),
        seed=derived_seed(snakemake.params.seed, snakemake.wildcards.dataset, snakemake.wildcards.split),
        max_disparity=split["max_disparity"],
    )
    count = write_images(snakemake.output, render)
    running.log.info("%d pairs of %s", count, "x".join(map(str, split["image_size"])))
