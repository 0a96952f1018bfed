"""What every job has: a log, one-line errors, provenance."""

import errno
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supcore.errors import SupError, lack_of_memory
from supcore.files import checked_writes, read_json, remove_leftovers
from supcore.workflow.jobs.alone import alone
from supcore.workflow.provenance import is_made, write_provenance

# What a disk, its rights or its quota refuse: the user's to mend, where any other OSError is ours.
_FULL_OR_BROKEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_REFUSALS = {
    *_FULL_OR_BROKEN,
    *(errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG),
}


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

    What the user can mend becomes one line and exit code 1; any other exception keeps its traceback, in the log too.
    What killed processes of the same job left half-written is deleted first; one that lives on writes nothing more. A
    job with a checkpoint waits for any other process that makes the same, and ends if that has made all of it.
    """
    try:
        log, check = _logger(Path(snakemake.log[0]))
    except OSError as error:
        sys.exit(f"error: {refusal(error) or error}")
    running = Job(log)
    started = time.perf_counter()
    checkpoint = snakemake.params.get("checkpoint")
    try:
        with alone(checkpoint) if checkpoint else nullcontext():
            if checkpoint and _is_made(snakemake):
                log.info("another run has made this meanwhile")
                sys.exit(0)
            for path in (*snakemake.output, *filter(None, [checkpoint])):
                remove_leftovers(path)
            with checked_writes(check):
                yield running
                if "provenance" in dict(snakemake.output.items()):
                    _write_provenance(snakemake, running, time.perf_counter() - started)
            if checkpoint:
                check()
                Path(checkpoint).unlink(missing_ok=True)  # last of all, or a job killed before would begin anew
    except Exception as error:
        line = refusal(error)
        if line is None:
            log.exception("unexpected failure in rule %s", snakemake.rule)
        else:
            log.error("error: %s", line)
        sys.exit(1)


def refusal(error: BaseException) -> str | None:
    """What the user can mend, and how, in one line; None for an error of another kind.

    A writer of others, such as Matplotlib's of PDF, may stumble over a full disk a second time when it closes its file:
    then the error behind its own counts.
    """
    if said := lack_of_memory(error):
        return f"out of memory ({said}); lower the batch or the image_size, or give jobs more (resources.mem_mb)"
    if isinstance(error, SupError):
        return str(error)
    wanted, behind = _REFUSALS, error
    while not (isinstance(behind, OSError) and behind.errno in wanted):
        further = behind.__cause__ or behind.__context__
        if further is None:
            return None
        wanted, behind = _FULL_OR_BROKEN, further
    place = "a file" if behind.filename is None else behind.filename
    return f"{place}: {behind.strerror}; free space, mend the rights, or choose other folders with pathvars"


def job_identity(snakemake: Any) -> dict[str, Any]:
    """Everything beside its input files that decides a job's result: the wildcards and params of its rule."""
    params = {name: value for name, value in snakemake.params.items() if name != "checkpoint"}
    return {"wildcards": dict(snakemake.wildcards.items()), "params": params}


class _LogFile(logging.FileHandler):
    """A log that ends with one line where it cannot be written; the job's result matters more."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, logging's name
        """Say so and write no more."""
        for log in map(logging.getLogger, _LOGS):
            log.removeHandler(self)
        sys.stderr.write(f"warning: {self.baseFilename}: the log ends here ({sys.exception()})\n")


_LOGS = ("supcore", "py.warnings")


@dataclass(frozen=True)
class _IsNewest:
    """A check that no newer process of the same job has begun: it would have replaced the log's file.

    When Snakemake alone is killed, its jobs run on, and the next run may start the same job again, with other
    parameters. Snakemake does not see the older one, which would publish its result last.

    Attributes:
        log: of the rule.
        opened: device and inode of the file that this process made.
    """

    log: Path
    opened: tuple[int, int]

    def __call__(self) -> None:
        try:
            status = self.log.stat()
            found = (status.st_dev, status.st_ino)
        except OSError:
            found = None
        if found != self.opened:
            raise SupError(
                f"{self.log}: a newer process of this job has begun; this one stops and publishes nothing more"
            )


def _logger(path: Path) -> tuple[logging.Logger, _IsNewest]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    file = _LogFile(path, encoding="utf-8")
    log = logging.getLogger("supcore")
    log.setLevel(logging.INFO)
    formatter = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    for handler in (file, logging.StreamHandler(sys.stderr)):
        handler.setFormatter(formatter)
        for name in _LOGS:
            logging.getLogger(name).addHandler(handler)
    logging.captureWarnings(True)  # PyTorch's, say of an operation that is not deterministic
    status = path.stat()
    return log, _IsNewest(path, (status.st_dev, status.st_ino))


def _is_made(snakemake: Any) -> bool:
    """Snakemake deletes the outputs of a job before it starts, so those that are there are newer."""
    return is_made(**_files(snakemake), settings=_settings(snakemake))


def _write_provenance(snakemake: Any, running: Job, seconds: float) -> None:
    settings = {**_settings(snakemake), **running.settings}
    write_provenance(**_files(snakemake), settings=settings, device=running.device, seconds=seconds)


def _files(snakemake: Any) -> dict[str, Any]:
    """Where the provenance is, what it is about, and what that was made from."""
    outputs = dict(_named(snakemake.output))
    return {"path": outputs.pop("provenance"), "artifacts": outputs, "inputs": dict(_named(snakemake.input))}


def _settings(snakemake: Any) -> dict[str, Any]:
    return {
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "params": dict(snakemake.params.items()),
        "mode": snakemake.config["mode"],
    }


def _named(files: Any) -> Iterator[tuple[str, str]]:
    """Name and path of every file; a list under one name is numbered."""
    for key, value in files.items():
        if isinstance(value, str):
            yield key, value
        else:
            yield from ((f"{key}[{number}]", path) for number, path in enumerate(value))
