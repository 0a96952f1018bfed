"""How long each corruption takes for one 256×640 image on one thread of this CPU.

Run ``python tests/benchmarks/corruptions.py``; ``--clock cpu`` counts processor time, which other jobs disturb less.
"""

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from supcore.corruptions import CORRUPTIONS, corrupt

HEIGHT, WIDTH = 256, 640
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def main() -> None:
    """Measure and print one row per corruption."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--repeats", type=int, default=5, help="the fastest counts")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    levels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    image = torch.from_numpy(cv2.GaussianBlur(levels, (0, 0), 1.5)).permute(2, 0, 1) / 255
    print(f"ms of one {HEIGHT}×{WIDTH} image on one thread, for severity 1, 2, …")
    for name, entry in CORRUPTIONS.items():
        severities = range(1, len(entry.severities) + 1)
        times = [measure(image, name, severity, options.repeats, CLOCKS[options.clock]) for severity in severities]
        print(f"{name:30}" + "".join(f"{1e3 * seconds:8.1f}" for seconds in times), flush=True)


def measure(image: Tensor, name: str, severity: int, repeats: int, clock: Callable[[], float]) -> float:
    """Fastest seconds of several calls; the first warms up and does not count."""
    generator = torch.Generator().manual_seed(0)
    seconds = []
    for _ in range(repeats + 1):
        started = clock()
        corrupt(image, name, severity, generator=generator)
        seconds.append(clock() - started)
    return min(seconds[1:])


if __name__ == "__main__":
    main()
