"""List the stereo pairs of one split of a data set on disk."""

from typing import TYPE_CHECKING

from supcore.data.contents import record_contents
from supcore.data.indexing import index_pairs
from supcore.data.manifest import CROP, write_manifest
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    params = snakemake.params
    exclude = snakemake.input.exclude or None
    pairs = index_pairs(params.layout, params.root, params.frames, exclude=exclude, **params.layout_options)
    cut = {"fit": CROP} if params.fit == CROP else {}
    write_manifest(snakemake.output.manifest, [row | cut for row in pairs.rows])
    record_contents(snakemake.output.manifest)
    for warning in pairs.warnings:
        running.log.warning("warning: %s: %s", params.root, warning)
    running.log.info("%d pairs below %s, %d of them in the split", pairs.found, params.root, len(pairs.rows))
    running.settings["pairs"] = {
        "found": pairs.found,
        "expected": pairs.expected,
        "excluded": pairs.excluded,
        "in_split": len(pairs.rows),
    }
