"""How time and memory grow when a problem doubles: one line per quantity, as ratios; 2.0 is linear.

Run ``python tests/benchmarks/growth.py``. Every case runs in a process of its own; its memory is what it needs beyond
an imported library.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from timing import CLOCKS, parser

from supcore.attack.optimization import SupOptions, optimize_sup
from supcore.data.dataset import StereoDataset
from supcore.data.manifest import StereoSample
from supcore.data.synthetic import write_scenes
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.predictions import Target, predict_clean
from supcore.evaluation.records import evaluate
from supcore.networks import build_network
from supcore.networks.acceleration import accelerate
from supcore.perturbation import StereoPerturbation

# Of a SUP's optimization with a validation at its end, and of the evaluation of SUPs.
OPTIMIZATION = {"height": 256, "width": 256, "disparities": 96, "batch": 1, "images": 4, "steps": 4}
EVALUATION = {"height": 128, "width": 256, "images": 4, "sups": 2}
EPSILON, TILE = 0.02, 64


def main() -> None:
    """Measure, and print the table's rows as they come."""
    options = arguments()
    if options.alone:
        print(json.dumps(measured(json.loads(options.alone), options)))
        return
    print("| of | doubled | time | memory |\n|---|---|---|---|", flush=True)
    for of, problem in (("optimization", OPTIMIZATION), ("evaluation", EVALUATION)):
        seconds, megabytes = alone(problem, options)
        print(f"| {of} | – | {seconds:.1f} s | {megabytes:.0f} MB |", flush=True)
        for quantity in problem:
            twice = alone({**problem, quantity: 2 * problem[quantity]}, options)
            print(f"| {of} | {quantity} | {twice[0] / seconds:.2f} | {twice[1] / megabytes:.2f} |", flush=True)


def arguments() -> argparse.Namespace:
    """Those of the command line."""
    made = parser(__doc__, repeats=1)
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--alone", help=argparse.SUPPRESS)
    return made.parse_args()


def alone(problem: dict[str, int], options: argparse.Namespace) -> tuple[float, float]:
    """Seconds and megabytes of a problem in a process of its own."""
    command = [sys.executable, __file__, f"--alone={json.dumps(problem)}"]
    command += [f"--{key}={getattr(options, key)}" for key in ("clock", "threads")]
    seconds, megabytes = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return seconds, megabytes


def measured(problem: dict[str, int], options: argparse.Namespace) -> tuple[float, float]:
    """Seconds, and megabytes beyond those before."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    clock, size = CLOCKS[options.clock], (problem["height"], problem["width"])
    network = accelerate(
        build_network("psmnet", max_disparity=problem.get("disparities", 96), pooling_sizes=(32, 16, 8, 4))
    )
    with tempfile.TemporaryDirectory() as folder:
        rows = write_scenes(folder, "driving", count=problem["images"], image_size=size, seed=0)
        pairs = StereoDataset([StereoSample(row["left"], row["right"], row["disparity"]) for row in rows])
        before, started = resident(), clock()
        if "steps" in problem:
            optimize(network, pairs, problem, Path(folder))
        else:
            look(network, pairs, problem["sups"], Path(folder))
        return clock() - started, resident() - before


def resident() -> float:
    """Most megabytes that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux


def optimize(network, pairs: StereoDataset, problem: dict[str, int], folder: Path) -> None:
    """A SUP, validated once."""
    sup = StereoPerturbation((TILE, TILE), (problem["height"], problem["width"]), EPSILON)
    settings = SupOptions(1e-4, batch=problem["batch"], steps=problem["steps"], checkpoint_every=problem["steps"])
    validation = StereoDataset(pairs.samples[:1])
    optimize_sup(network, sup, pairs, validation, settings, checkpoint=folder / "checkpoint.pt")


def look(network, pairs: StereoDataset, count: int, folder: Path) -> None:
    """Clean predictions, and errors under some SUPs."""
    target = Target(network, pairs, folder / "clean.npy", dataset="scenes", name="psmnet")
    predict_clean(target)
    size = tuple(pairs[0].left.shape[-2:])
    noise = [
        StereoPerturbation.random_signs((TILE, TILE), size, EPSILON, torch.Generator().manual_seed(k))
        for k in range(count)
    ]
    evaluate(target, [Condition("noise", seed=str(k), perturb=universal(sup)) for k, sup in enumerate(noise)])


if __name__ == "__main__":
    main()
