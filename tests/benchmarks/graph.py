"""How long Snakemake takes to plan a large study: a grid of networks, sizes, epsilons and seeds, none of it made.

Run ``python tests/benchmarks/graph.py``; ``--seeds 16`` makes more than 1,600 jobs. The data are rendered scenes, so
that nothing need be there.
"""

import argparse
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
    parser.add_argument("--seeds", type=int, default=4)
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "resources").symlink_to(REPOSITORY / "resources")
        path = Path(folder) / "grid.yaml"
        path.write_text(yaml.safe_dump(grid(seeds)))
        snakemake = Path(sys.executable).with_name("snakemake")
        command = [snakemake, "--snakefile", REPOSITORY / "Snakefile", "--configfile", path, "--dry-run"]
        started = time.perf_counter()
        planned = subprocess.run(map(str, command), cwd=folder, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if planned.returncode:
            raise SystemExit(planned.stdout[-2000:] + planned.stderr[-2000:])
        (jobs,) = set(re.findall(r"^total +(\d+)", planned.stdout, re.MULTILINE))
        print(f"{jobs} jobs planned in {seconds:.1f} s")


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
