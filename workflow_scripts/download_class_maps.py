"""Fetch the SUP authors' class maps of KITTI 2015 and unpack them, without the folders around them."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.download import load_registry, obtained_file, unpack
from supcore.files import publish
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

ARCHIVE = "kitti_segmentation.zip"
# As the authors' code names them: the path of the left image below the archive's folder, with pred_ before the frame.
MAPS = "*training/image_2/pred_*_10.npy"

with job(snakemake) as running:
    downloads = Path(snakemake.config["downloads"])
    file, target = load_registry(snakemake.params.registry).file(ARCHIVE), Path(snakemake.output[0])
    with (
        obtained_file(file, downloads) as archive,
        tempfile.TemporaryDirectory(dir=downloads, prefix=f".{target.name}.") as room,
    ):
        maps = unpack(archive, Path(room) / "content", MAPS)
        publish(maps[0].parent, target)
    running.log.info("%s: %d class maps", target, len(maps))
