"""What only a GPU can show, in one table and in a few minutes: ``python tests/benchmarks/gpu.py``.

Milliseconds of a step of a SUP's optimization in float32, with sums in a fixed order, and in bfloat16; how many times
their floor the first and the last take, and how many times float32 the other. Below it the pairs that worker processes
decode and resize in a second, beside those that the fastest step takes.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from networks import REPOSITORY, measured
from timing import parser

from supcore.data.dataset import StereoDataset, StereoSample
from supcore.data.loading import load_batches
from supcore.data.synthetic import write_scenes
from supcore.networks.registry import NETWORKS

KITTI_SIZE, SIZE, PAIRS = (375, 1242), (256, 640), 64
VARIANTS = {"float32": ("float32", False), "deterministic": ("float32", True), "bfloat16": ("bfloat16", False)}
HEAD = "| network | float32, ms | / floor | deterministic, ms | / float32 | bfloat16, ms | / floor |"


def main() -> None:
    """Measure, and print the rows as they come."""
    options = arguments()
    print(
        f"{options.batch} × 3 × {options.height} × {options.width}, {options.device}\n\n{HEAD}\n|{'---|' * 7}",
        flush=True,
    )
    shortest = min(row(name, options) for name in options.networks)
    wanted, loaded = options.batch / shortest, pairs_a_second(options.workers)
    print(f"\nThe fastest step takes {wanted:.0f} pairs a second; {options.workers} workers load {loaded:.0f}.")


def arguments() -> argparse.Namespace:
    """Those of the command line."""
    made = parser(__doc__, repeats=5)
    made.add_argument(
        "--networks", nargs="+", choices=NETWORKS, default=["psmnet", "psmnet_deform25", "deeppruner", "aanet"]
    )
    made.add_argument("--device", default="cuda", help="cuda; cpu only tries the script")
    made.add_argument("--batch", type=int, default=2)
    made.add_argument("--height", type=int, default=SIZE[0])
    made.add_argument("--width", type=int, default=SIZE[1])
    made.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    made.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that decode images")
    return made.parse_args()


def row(name: str, options: argparse.Namespace) -> float:
    """Print a network's; seconds of its fastest step."""
    step, floor = {}, {}
    for variant, (precision, deterministic) in VARIANTS.items():
        if options.device != "cpu" or precision == "float32":  # many processors take minutes for the other
            settings = {**vars(options), "precision": precision, "deterministic": deterministic}
            found = measured(name, argparse.Namespace(**settings), REPOSITORY)
            step[variant], floor[variant] = found["step"], found["floor"]
    compared = {"float32": floor["float32"], "deterministic": step["float32"], "bfloat16": floor.get("bfloat16")}
    cells = [f"{1e3 * step[v]:.1f} | {step[v] / compared[v]:.2f}" if v in step else "– | –" for v in VARIANTS]
    print(f"| `{name}` | {' | '.join(cells)} |", flush=True)
    return min(step.values())


def pairs_a_second(workers: int) -> float:
    """Pairs of KITTI's size, as PNG, decoded and resized."""
    with tempfile.TemporaryDirectory() as folder:
        rows = write_scenes(Path(folder), "driving", count=4, image_size=KITTI_SIZE, seed=0)
        samples = [StereoSample(row["left"], row["right"], row["disparity"]) for row in rows]
        pairs = StereoDataset(samples, image_size=SIZE)
        arrived = []
        for _ in load_batches(pairs, [[k % 4] for k in range(PAIRS)], workers=workers):
            arrived.append(time.perf_counter())  # the first one waits for the processes to start
        return (PAIRS - 1) / (arrived[-1] - arrived[0])


if __name__ == "__main__":
    main()
