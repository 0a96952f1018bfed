"""How long Snakemake takes to plan a large study: a grid of networks, sizes, epsilons and seeds, none of it made.

Run ``python tests/benchmarks/graph.py``: one row of a table for every number of seeds. The data are rendered scenes, so
that nothing need be there.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
ARCHITECTURES = ["psmnet", "psmnet_deform6", "psmnet_deform25", "deeppruner", "aanet", "aanet_plus"]


def main() -> None:
    """Plan and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 9, 19, 49], help="of every SUP")
    print("| jobs | time, s | of the processor, s | peak memory, MB |\n|---|---|---|---|", flush=True)
    for seeds in parser.parse_args().seeds:
        print("| {} | {:.1f} | {:.1f} | {:.0f} |".format(*planned(seeds)), flush=True)


def planned(seeds: int) -> tuple[int, float, float, float]:
    """Number of jobs, seconds by the clock and by the processor, and the most megabytes of memory."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "plan").open("w+") as plan:
        write_grid(Path(folder), seeds)
        command = [Path(sys.executable).with_name("snakemake"), "--snakefile", REPOSITORY / "Snakefile"]
        command += ["--configfile", "grid.yaml", "--dry-run", "--quiet", "rules"]
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=plan, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        plan.seek(0)
        text = plan.read()
    if status:
        raise SystemExit(text[-2000:])
    (jobs,) = set(re.findall(r"^total +(\d+)", text, re.MULTILINE))
    return int(jobs), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024  # kilobytes on Linux


def write_grid(folder: Path, seeds: int) -> None:
    """Make a working directory for the grid, and its configuration ``grid.yaml``."""
    (folder / "resources").symlink_to(REPOSITORY / "resources")
    (folder / "grid.yaml").write_text(yaml.safe_dump(grid(seeds)))


def grid(seeds: int) -> dict[str, object]:
    """The smoke configuration with the paper's networks, its epsilons and four tile sizes."""
    config = yaml.safe_load((REPOSITORY / "tests/workflow/config/smoke.yaml").read_text())
    config["image_size"] = [256, 512]
    config["networks"] = {
        name: {"architecture": name, "weights": {"demo": {"untrained": True}}} for name in ARCHITECTURES
    }
    config["sups"] |= {
        "sizes": ["tile32", "tile64", "tile128", "full"],
        "epsilons": [0.02, 0.01, 0.005, 0.002],
        "seeds": list(range(seeds)),
    }
    return config


if __name__ == "__main__":
    main()
