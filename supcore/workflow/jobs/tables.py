"""What the jobs behind tables and figures read, and what they note for the provenance."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from supcore.reporting.published import PublishedResults, load_published
from supcore.reporting.summary import read_csv
from supcore.studies import Study, make_study
from supcore.workflow.jobs.job import Job
from supcore.workflow.provenance import mixed_backends, operator_backends


def published_numbers(snakemake: Any) -> PublishedResults:
    """The paper's numbers, in the folder of the input ``published``: editing a file re-runs what shows it."""
    return load_published(Path(snakemake.input.published[0]).parent)


def read_table(study: Study, path: str | Path) -> pd.DataFrame:
    """The table of a study."""
    return read_csv(path, study.columns(), further=True)


def read_tables(snakemake: Any) -> dict[str, pd.DataFrame]:
    """The tables that a study reads beside its own, by the names of their studies."""
    names, paths = snakemake.params.study_reads, snakemake.input.reads
    return {
        name: read_table(make_study(name, settings), path) for (name, settings), path in zip(names, paths, strict=True)
    }


def note_backends(running: Job, records: Sequence[str]) -> None:
    """Note which operator backends are behind the records, and warn where they differ."""
    backends = operator_backends(records)
    running.settings["deform_conv_backends"] = {name: len(files) for name, files in backends.items()}
    if warning := mixed_backends(backends):
        running.log.warning("warning: %s", warning)


def note_overlap(running: Job, tables: Sequence[str]) -> None:
    """Note which reported frames were seen before, for the study that looks for them."""
    for table in tables:
        running.settings["overlap"] = pd.read_csv(table, keep_default_na=False).to_dict("records")
