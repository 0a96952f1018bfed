"""Rank the networks by their robustness, as JSON and as a page."""

from typing import TYPE_CHECKING

from supcore.files import write_json, write_text
from supcore.reporting.leaderboard import leaderboard, to_html
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job
from supcore.workflow.provenance import git_commit

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    rows = leaderboard(read_table(snakemake.input.transfer), snakemake.params.attacked, snakemake.params.families)
    write_json(snakemake.output.json, rows)
    about = {"Mode": snakemake.params.mode, "commit": git_commit() or "unknown"}
    write_text(snakemake.output.page, to_html(rows, about))
    running.log.info("%d rows", len(rows))
