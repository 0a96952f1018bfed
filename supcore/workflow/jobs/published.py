"""The paper's numbers, as rules name them: by their files, so that editing one re-runs what shows it."""

from pathlib import Path
from typing import Any

from supcore.reporting.published import PublishedResults, load_published


def published_numbers(snakemake: Any) -> PublishedResults:
    """The numbers in the folder of the input ``published``."""
    return load_published(Path(snakemake.input.published[0]).parent)
