"""Copy freshly trained weights, with their provenance, to the folder of the bundled ones."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.files import atomic_path
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    for weights in map(Path, snakemake.input):
        for source in (weights, weights.with_suffix(".json")):
            destination = Path(snakemake.params.folder) / f"{weights.parent.name}{source.suffix}"
            with atomic_path(destination) as temporary:
                shutil.copyfile(source, temporary)
            running.log.info("%s", destination)
