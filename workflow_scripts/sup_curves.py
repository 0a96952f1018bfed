"""Draw how the strongest SUP of each source was optimised."""

from typing import TYPE_CHECKING

import pandas as pd

from supcore.reporting.histories import sup_curves
from supcore.reporting.labels import label
from supcore.reporting.style import save_figure
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    named = zip(snakemake.params.sources, snakemake.input.histories, strict=True)
    histories = {label(source): pd.read_csv(path) for source, path in named}
    save_figure(sup_curves(histories), [snakemake.output.pdf, snakemake.output.png])
