"""What the configuration costs on one GPU."""

from typing import TYPE_CHECKING

from supcore.workflow.cost import CostEstimate, write_costs
from supcore.workflow.jobs.job import job
from supcore.workflow.settings import Settings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    costs = CostEstimate(Settings(snakemake.config), snakemake.input.times).rows()
    write_costs(snakemake.output.table, costs)
    running.log.info("%.0f hours", sum(cost.hours for cost in costs))
