"""Fetch the SUP authors' class maps of KITTI 2015 and unpack them, without the folders around them."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.download import load_registry, obtained_file, unpack
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

ARCHIVE = "kitti_segmentation.zip"
# As the authors' code names them: the path of the left image below the archive's folder, with pred_ before the frame.
MAPS = "*training/image_2/pred_*_10.npy"

with job(snakemake) as running:
    downloads = Path(snakemake.config["downloads"])
    file = load_registry(snakemake.params.registry).file(ARCHIVE)
    with (
        obtained_file(file, downloads) as archive,
        tempfile.TemporaryDirectory(dir=downloads, prefix=".class_maps.") as room,
    ):
        maps = unpack(archive, Path(room) / "content", MAPS)
        maps[0].parent.replace(snakemake.output[0])
    running.log.info("%s: %d class maps", snakemake.output[0], len(maps))
