"""Put the provenance of every weights file, SUP, evaluation and table into one file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.files import write_json
from supcore.workflow.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    collected = {path: json.loads(Path(path).read_text(encoding="utf-8")) for path in snakemake.input}
    write_json(snakemake.output[0], collected)
    running.log.info("%d artifacts", len(collected))
