"""Draw the tiles of a SUP, how they repeat, and their spectra."""

from typing import TYPE_CHECKING

from supcore.perturbation import StereoPerturbation
from supcore.reporting.pictures import sup_preview
from supcore.reporting.style import save_figure
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    sup = StereoPerturbation.load(snakemake.input.sup)
    figure = sup_preview(sup.left.numpy(), sup.right.numpy(), sup.epsilon, image_size=sup.image_size)
    save_figure(figure, [snakemake.output.preview])
