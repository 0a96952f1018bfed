"""How long each corruption takes for one 256×640 image on one thread of this CPU.

Run ``python tests/benchmarks/corruptions.py``; ``--clock cpu`` counts processor time, which other jobs disturb less.
"""

import cv2
import numpy as np
import torch
from timing import CLOCKS, Clock, fastest, parser
from torch import Tensor

from supcore.corruptions import CORRUPTIONS, corrupt

HEIGHT, WIDTH = 256, 640


def main() -> None:
    """Measure and print one row per corruption."""
    options = parser(__doc__, repeats=5).parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    levels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    image = torch.from_numpy(cv2.GaussianBlur(levels, (0, 0), 1.5)).permute(2, 0, 1) / 255
    print(f"ms of one {HEIGHT}×{WIDTH} image on one thread, for severity 1, 2, …")
    for name, entry in CORRUPTIONS.items():
        severities = range(1, len(entry.severities) + 1)
        times = [measure(image, name, severity, options.repeats, CLOCKS[options.clock]) for severity in severities]
        print(f"{name:30}" + "".join(f"{1e3 * seconds:8.1f}" for seconds in times), flush=True)


def measure(image: Tensor, name: str, severity: int, repeats: int, clock: Clock) -> float:
    """Fastest seconds of several calls."""
    generator = torch.Generator().manual_seed(0)
    (seconds,) = fastest([lambda: corrupt(image, name, severity, generator=generator)], repeats, clock)
    return seconds


if __name__ == "__main__":
    main()
