"""Sum up the benchmark files of all jobs."""

from typing import TYPE_CHECKING

from supcore.reporting.run_times import run_time_bars, run_times, write_run_times
from supcore.reporting.style import save_figure
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    table = run_times(snakemake.params.folder, snakemake.params.stages)
    write_run_times(table, snakemake.output.table)
    save_figure(run_time_bars(table), [snakemake.output.pdf, snakemake.output.png])
    running.log.info("%d jobs", table["jobs"].sum())
