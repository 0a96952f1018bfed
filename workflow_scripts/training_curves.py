"""Draw how the SUPs were optimized, or how the networks were trained."""

from typing import TYPE_CHECKING

import pandas as pd

from supcore.reporting.histories import sup_curves, training_curves
from supcore.reporting.labels import label
from supcore.reporting.style import save_figure
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

DRAW = {"sup_curves": sup_curves, "training_curves": training_curves}

with job(snakemake):
    named = zip(snakemake.params.names, snakemake.input.histories, strict=True)
    histories = {", ".join([label(name), *weights]): pd.read_csv(path) for (name, *weights), path in named}
    figure = DRAW[snakemake.wildcards.curves](histories)
    save_figure(figure, [snakemake.output.pdf, snakemake.output.png])
