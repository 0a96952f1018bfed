"""Parameters of every network, and time and memory of its forward pass and of a step of a SUP's optimization.

Run ``python tests/benchmarks/networks.py > docs/reference/networks/costs.md`` on a quiet machine: the pages of the
networks show that table. Every network runs in a process of its own, so that the peak is its own; weights are random.
"""

import argparse
import resource
import subprocess
import sys

from timing import CLOCKS, fastest, parser

from supcore.networks.registry import NETWORKS

HEAD = "| network | parameters, M | forward, s | SUP step, s | peak memory, MB |\n|---|---|---|---|---|"
EPSILON, TILE = 0.02, 64


def main() -> None:
    """Measure, and print the table's rows as they come."""
    options = arguments()
    if options.alone:
        print(row(options.networks[0], options))
        return
    print(HEAD, flush=True)
    passed_on = [f"--{key}={getattr(options, key)}" for key in ("clock", "repeats", "threads", "height", "width")]
    for name in options.networks:
        command = [sys.executable, __file__, "--alone", *passed_on, f"--networks={name}"]
        print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout, end="", flush=True)


def arguments() -> argparse.Namespace:
    """Those of the command line; sides of the image are multiples of the tile's."""
    made = parser(__doc__, repeats=1)
    made.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--height", type=int, default=256)
    made.add_argument("--width", type=int, default=640)
    made.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return made.parse_args()


def row(name: str, options: argparse.Namespace) -> str:
    """One network's row; the memory is the most that this process ever had resident, PyTorch included."""
    import torch

    from supcore.attack.universal import UniversalAttack
    from supcore.networks import build_network
    from supcore.perturbation import StereoPerturbation

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = build_network(name)
    left, right = torch.rand(2, 1, 3, options.height, options.width)
    sup = StereoPerturbation((TILE, TILE), (options.height, options.width), EPSILON)
    attack = UniversalAttack(network, sup, 1e-4, torch.Generator())
    actions = [lambda: network.predict(left, right), lambda: attack.step(left, right)]
    forward, step = fastest(actions, options.repeats, CLOCKS[options.clock])
    parameters = sum(p.numel() for p in network.parameters()) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
    return f"| `{name}` | {parameters:.2f} | {forward:.1f} | {step:.1f} | {peak:.0f} |"


if __name__ == "__main__":
    main()
