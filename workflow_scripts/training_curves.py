"""Draw how the networks were trained."""

from typing import TYPE_CHECKING

import pandas as pd

from supcore.reporting.histories import training_curves
from supcore.reporting.labels import label
from supcore.reporting.style import save_figure
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    named = zip(snakemake.params.weights, snakemake.input.histories, strict=True)
    histories = {f"{label(network)}, {weights}": pd.read_csv(path) for (network, weights), path in named}
    save_figure(training_curves(histories), [snakemake.output.pdf, snakemake.output.png])
