"""``python -m tests.rehearsal``: every configuration of the paper on its miniature, then what came of them."""

import argparse
import sys
import time
from pathlib import Path

from supcore.workflow import forks
from tests.rehearsal.outcome import Outcome, counts, outcome
from tests.rehearsal.rehearse import CONFIGURATIONS, prepared, results_of
from tests.workflow.conftest import Workspace

FOLDER = Path("results/rehearsal")
PORT = 47890  # the same every time, or a second run would fetch everything again


def main() -> int:
    """Run what the command line asks for; the number of problems."""
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    names = ", ".join(CONFIGURATIONS)
    parser.add_argument("names", nargs="*", metavar="CONFIGURATION", help=f"of {names}; all unless given")
    parser.add_argument("--cores", type=int, default=2, help="2 unless given")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--part", action="store_true", help="only a part of the grid")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(FOLDER.resolve())
    small = prepared(workspace.folder, device=chosen.device, in_part=chosen.part, port=PORT)
    with small as runs, forks.snakemake() as snakemake:
        outcomes = [
            rehearse(workspace, name, runs[name], chosen.cores, snakemake) for name in chosen.names or CONFIGURATIONS
        ]
    print(counts(outcomes).to_string())
    return sum(len(o.problems) for o in outcomes)


def rehearse(workspace: Workspace, name: str, config: list[Path], cores: int, snakemake: list[str]) -> Outcome:
    """Run one configuration and look at what came of it."""
    started = time.monotonic()
    results = results_of(config)
    report = ("--report", f"{results}/report.html", "--report-after-run")
    log = workspace.folder / f"{name}.log"
    with log.open("w") as stream:
        command = workspace.command("--keep-going", *report, config=config, cores=cores)
        workspace.run([*snakemake, *command[1:]], stream)
    minutes = (time.monotonic() - started) / 60
    planned = workspace.snakemake("--dry-run", config=config).stdout
    found = outcome(name, workspace.folder / results, minutes, log.read_text(), planned)
    summary = f"{name}: {found.jobs} jobs, {found.plots} plots, {minutes:.1f} min; {log}"
    print(summary, *found.problems, sep="\n  ", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
