"""Fetch the package stereodemo and write its pairs of an OAK-D camera as a data set."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.data.contents import record_contents
from supcore.data.manifest import write_manifest
from supcore.data.oak_d import FILES, write_oak_d
from supcore.download import load_registry, obtained_file, unpack
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

ARCHIVE = "stereodemo-0.7.tar.gz"

with job(snakemake) as running:
    params, output, downloads = snakemake.params, snakemake.output, Path(snakemake.config["downloads"])
    with (
        obtained_file(load_registry(params.registry).file(ARCHIVE), downloads) as archive,
        tempfile.TemporaryDirectory(dir=downloads, prefix=".oak_d.") as room,
    ):
        files = unpack(archive, Path(room) / "content", FILES)
        rows = write_oak_d(files[0].parent, output.images, params.frames)
    write_manifest(output.manifest, rows)
    record_contents(output.manifest)
    running.log.info("%d pairs", len(rows))
