"""What Snakemake itself needs to run a large study, and whether its memory grows with every job.

Run ``python tests/benchmarks/graph_run.py``: the grids of ``graph.py``, with scripts that make empty files and compute
nothing; one row of a table for every number of seeds.
"""

import argparse
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
from graph import REPOSITORY, write_grid

from supcore.workflow import forks

SCRIPT = """
from pathlib import Path

for path in map(Path, snakemake.output):
    path.touch() if path.suffix else path.mkdir(exist_ok=True)
"""
MOMENTS = (0.1, 0.5)  # shares of the jobs


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 9, 19, 49], help="of every SUP")
    print("| jobs | time, s | Snakemake's own, s | its memory after 10, 50, 100 % of the jobs; peak, MB |", flush=True)
    print("|---|---|---|---|", flush=True)
    for seeds in parser.parse_args().seeds:
        with tempfile.TemporaryDirectory() as folder, forks.snakemake() as snakemake:
            jobs, seconds, own, memory = run(Path(folder), seeds, snakemake)
        print(f"| {jobs} | {seconds:.0f} | {own:.0f} | {', '.join(f'{used:.0f}' for used in memory)} |", flush=True)


def run(folder: Path, seeds: int, snakemake: list[str]) -> tuple[int, float, float, list[float]]:
    """Jobs, seconds by the clock, Snakemake's own of the processor, and its megabytes at moments, last, and peak."""
    write_grid(folder, seeds)
    command = [*snakemake, "--snakefile", copy_with_dummies(folder / "repository"), "--configfile", "grid.yaml"]
    with (folder / "log").open("w") as log:
        started = time.perf_counter()
        process = psutil.Popen([*command, "--cores", "2"], cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        own, memory = 0.0, [(0.0, 0.0)]
        while process.poll() is None:
            done, jobs = progress(folder / "log")
            with process.oneshot():
                own = sum(process.cpu_times()[:2])
                memory.append((done / jobs, process.memory_info().rss / 1e6))
            time.sleep(0.2)
    if process.returncode:
        raise SystemExit((folder / "log").read_text()[-2000:])
    at = [next(used for share, used in memory if share >= moment) for moment in MOMENTS]
    last = memory[-2][1]  # the one after it may be of its end
    jobs = progress(folder / "log")[1]
    return jobs, time.perf_counter() - started, own, [*at, last, max(used for _, used in memory)]


def progress(log: Path) -> tuple[int, int]:
    """How many jobs are done, and of how many."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 100_000))
        steps = re.findall(rb"(\d+) of (\d+) steps", stream.read())
    return tuple(map(int, steps[-1])) if steps else (0, 1)


def copy_with_dummies(copy: Path) -> Path:
    """Snakefile of a copy of the workflow whose scripts make empty files."""
    copy.mkdir()
    for path in REPOSITORY.iterdir():
        if path.name not in ("workflow_scripts", "rules", "Snakefile"):
            (copy / path.name).symlink_to(path)
    shutil.copytree(REPOSITORY / "rules", copy / "rules")
    (copy / "workflow_scripts").mkdir()
    for path in (REPOSITORY / "workflow_scripts").glob("*.py"):
        (copy / "workflow_scripts" / path.name).write_text(SCRIPT)
    return Path(shutil.copy(REPOSITORY / "Snakefile", copy))


if __name__ == "__main__":
    main()
