"""Fetch the package stereodemo and write its pairs of an OAK-D camera as a data set."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.data.oak_d import FILES, write_oak_d
from supcore.download import load_registry, obtained_file, unpack
from supcore.workflow.jobs.images import write_images
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

ARCHIVE = "stereodemo-0.7.tar.gz"

with job(snakemake) as running:
    params, downloads = snakemake.params, Path(snakemake.config["downloads"])
    with (
        obtained_file(load_registry(params.registry).file(ARCHIVE), downloads) as archive,
        tempfile.TemporaryDirectory(dir=downloads, prefix=".oak_d.") as room,
    ):
        source = unpack(archive, Path(room) / "content", FILES)[0].parent
        count = write_images(snakemake.output, lambda folder: write_oak_d(source, folder, params.frames))
    running.log.info("%d pairs", count)
