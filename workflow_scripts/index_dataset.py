"""List the stereo pairs of one split of a data set on disk."""

from typing import TYPE_CHECKING

from _job import job
from supcore.data.layouts import index_pairs
from supcore.data.manifest import write_manifest

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    params = snakemake.params
    rows = index_pairs(params.layout, params.root, params.frames, **params.layout_options)
    write_manifest(snakemake.output.manifest, rows)
    running.log.info("%d pairs below %s", len(rows), params.root)
