"""Find reported frames that something else has seen before: SUPs, their selection, or networks in training."""

from typing import TYPE_CHECKING

import pandas as pd

from supcore.data.manifest import read_manifest
from supcore.data.overlap import COLUMNS, overlap_table, stated_overlap
from supcore.files import atomic_path
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    params = snakemake.params
    roles, reported = (
        {name: read_manifest(path) for name, path in zip(names, paths, strict=True)}
        for names, paths in (
            (params.roles, snakemake.input.roles),
            (params.reported, snakemake.input.reported),
        )
    )
    rows = overlap_table(roles, reported)
    rows += [stated_overlap(role, name, reported[name], frames) for role, name, frames in params.stated]
    for row in rows:
        if row["shared"]:
            running.log.warning(
                "warning: %d frames of %s also serve for %s", row["shared"], row["reported"], row["role"]
            )
    table = pd.DataFrame(rows, columns=COLUMNS).assign(examples=[" ".join(row["examples"]) for row in rows])
    with atomic_path(snakemake.output.table) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6f", lineterminator="\n")
