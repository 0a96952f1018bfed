"""Check a released perturbation against its name and store it as ours."""

from typing import TYPE_CHECKING

from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation
from supcore.sup_names import tile_size
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    wildcards, image_size = snakemake.wildcards, tuple(snakemake.params.image_size)
    path, wanted = snakemake.input.checkpoint, tile_size(wildcards.size, image_size)
    sup = StereoPerturbation.load(path, image_size=image_size, epsilon=float(wildcards.epsilon))
    if sup.size != wanted:
        raise SupError(f"{path}: holds tiles of {sup.size}, not {wanted}; ask for the size that it has")
    sup.save(snakemake.output.sup, {"source": wildcards.source, "weights": wildcards.weights})
    running.log.info("%s: step %s", path, sup.train_step)
