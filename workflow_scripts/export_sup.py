"""Write a SUP in the format of the paper's code, bit for bit."""

from typing import TYPE_CHECKING

from supcore.perturbation import StereoPerturbation
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    StereoPerturbation.load(snakemake.input.sup).save(snakemake.output.pth)
