"""What every job has: a log, one-line errors, provenance."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supcore.errors import SupError
from supcore.files import read_json
from supcore.workflow.provenance import write_provenance


@dataclass
class Job:
    """A running job: its log, and what its provenance will say.

    Attributes:
        log: of the rule.
        device: what the job computes on, as :func:`supcore.workflow.jobs.networks.prepare_device` describes it.
        settings: more entries of the provenance.
    """

    log: logging.Logger
    device: dict[str, Any] | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def warn(self, warning: str) -> None:
        """Log a warning and note it in the provenance, from where the tables of this result repeat it."""
        self.log.warning("warning: %s", warning)
        self.settings.setdefault("warnings", []).append(warning)

    def repeat_warnings(self, provenance: Iterable[str | Path]) -> list[str]:
        """Warn again of what the jobs behind a result warned of, as far as their provenance can be read."""
        found: dict[str, None] = {}
        for path in provenance:
            with suppress(OSError, ValueError, TypeError, KeyError):
                found.update(dict.fromkeys(map(str, read_json(path)["settings"]["warnings"])))
        for warning in found:
            self.warn(warning)
        return list(found)


@contextmanager
def job(snakemake: Any) -> Iterator[Job]:
    """Run a job's body: log to the rule's log and to the terminal, write its provenance, delete its checkpoint.

    A :class:`SupError` becomes one line and exit code 1; any other exception keeps its traceback, in the log too.
    """
    log = _logger(snakemake.log[0])
    running = Job(log)
    started = time.perf_counter()
    try:
        yield running
        if "provenance" in dict(snakemake.output.items()):
            _write_provenance(snakemake, running, time.perf_counter() - started)
        if checkpoint := snakemake.params.get("checkpoint"):
            Path(checkpoint).unlink(missing_ok=True)  # last of all, or a job killed before would begin anew
    except SupError as error:
        log.error("error: %s", error)
        sys.exit(1)
    except Exception:
        log.exception("unexpected failure in rule %s", snakemake.rule)
        sys.exit(1)


def job_identity(snakemake: Any) -> dict[str, Any]:
    """Everything beside its input files that decides a job's result: the wildcards and params of its rule."""
    params = {name: value for name, value in snakemake.params.items() if name != "checkpoint"}
    return {"wildcards": dict(snakemake.wildcards.items()), "params": params}


def _logger(path: str) -> logging.Logger:
    log = logging.getLogger("supcore")
    log.setLevel(logging.INFO)
    formatter = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    for handler in (logging.FileHandler(path, mode="w", encoding="utf-8"), logging.StreamHandler(sys.stderr)):
        handler.setFormatter(formatter)
        log.addHandler(handler)
        logging.getLogger("py.warnings").addHandler(handler)
    logging.captureWarnings(True)  # PyTorch's, say of an operation that is not deterministic
    return log


def _write_provenance(snakemake: Any, running: Job, seconds: float) -> None:
    outputs = dict(_named(snakemake.output))
    path = outputs.pop("provenance")
    settings = {
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "params": dict(snakemake.params.items()),
        "mode": snakemake.config["mode"],
        **running.settings,
    }
    write_provenance(
        path,
        artifacts=outputs,
        inputs=dict(_named(snakemake.input)),
        settings=settings,
        device=running.device,
        seconds=seconds,
    )


def _named(files: Any) -> Iterator[tuple[str, str]]:
    """Name and path of every file; a list under one name is numbered."""
    for key, value in files.items():
        if isinstance(value, str):
            yield key, value
        else:
            yield from ((f"{key}[{number}]", path) for number, path in enumerate(value))
