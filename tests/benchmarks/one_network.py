"""Time, memory and floor of one network, as JSON; what ``networks.py`` starts, once for every network.

The library is the one that Python finds first: an older one may lack what is imported below.
"""

import argparse
import json
import math
import resource

import torch
import torch.nn.functional as F
from timing import CLOCKS, fastest, parser
from torch.utils.flop_counter import FlopCounterMode

from supcore.attack.universal import UniversalAttack
from supcore.networks import NETWORKS, build_network
from supcore.perturbation import StereoPerturbation

try:
    from supcore.networks.acceleration import accelerate
except ImportError:
    try:
        from supcore.networks.folding import fold_batch_norm as accelerate
    except ImportError:

        def accelerate(network):
            return network


EPSILON, TILE = 0.02, 64


def main() -> None:
    """Measure and print."""
    options = arguments()
    print(json.dumps(measured(options) if options.network in NETWORKS else {}))


def arguments() -> argparse.Namespace:
    """Those of ``networks.py``."""
    made = parser(__doc__, repeats=1)
    made.add_argument("--network", required=True)
    for name in ("threads", "height", "width", "batch"):
        made.add_argument(f"--{name}", type=int, required=True)
    for name in ("device", "precision"):
        made.add_argument(f"--{name}", required=True)
    made.add_argument("--deterministic", action="store_true")
    return made.parse_args()


def measured(options: argparse.Namespace) -> dict[str, float]:
    """Seconds, megabytes and parameters."""
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(options.deterministic, warn_only=True)
    torch.manual_seed(0)
    built = build_network(options.network)
    parameters = sum(p.numel() for p in built.parameters())
    network = accelerate(built.to(options.device))
    network.precision = options.precision
    left, right = torch.rand(2, options.batch, 3, options.height, options.width, device=options.device)
    sup = StereoPerturbation((TILE, TILE), (options.height, options.width), EPSILON).to(options.device)
    attack = UniversalAttack(network, sup, 1e-4, torch.Generator())
    actions = [lambda: network.predict(left, right), lambda: attack.step(left, right)]
    actions = [finished(action, options) for action in actions]
    forward, step = fastest(actions, options.repeats, CLOCKS[options.clock])
    resident = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes on Linux
    peak = torch.cuda.max_memory_allocated() if options.device == "cuda" else resident
    floor = operations(lambda: attack.step(left, right)) / rate(options)
    return {"parameters": parameters, "forward": forward, "step": step, "peak": peak / 1e6, "floor": floor}


def operations(action) -> float:
    """Floating-point operations of convolutions, deformable ones included, and matrix products."""
    counter = FlopCounterMode(display=False, custom_mapping=deformable_operators())
    with counter:
        action()
    return counter.get_total_flops()


def deformable_operators():
    """Formulas of our operators, which PyTorch does not know; the weights are frozen, so backward costs the same."""

    def forward(_input, offset, weight, *_, **__):
        return 2 * offset[0] * offset[2] * offset[3] * math.prod(weight)

    def backward(_grad, _input, offset, weight, *_, **__):
        return forward(_input, offset, weight)

    named = {"deform_conv2d": forward, "deform_conv2d_backward": backward}
    return {getattr(torch.ops.supcore, n): count for n, count in named.items() if hasattr(torch.ops.supcore, n)}


def rate(options: argparse.Namespace) -> float:
    """Operations per second: the most of a product of large matrices and of a convolution with many channels.

    On some processors PyTorch multiplies matrices at half the rate of its convolutions.
    """
    kind = torch.float32 if options.precision == "float32" else torch.bfloat16
    side, channels = (2048, 128) if options.device == "cpu" else (8192, 512)
    a, b = torch.rand(2, side, side, device=options.device).to(kind)
    image = torch.rand(1, channels, 64, 160, device=options.device).to(kind)
    kernels = torch.rand(channels, channels, 3, 3, device=options.device).to(kind)
    actions = [finished(lambda: a @ b, options), finished(lambda: F.conv2d(image, kernels, padding=1), options)]
    counts = [2 * side**3, 18 * channels**2 * 64 * 160]
    times = fastest(actions, 10, CLOCKS[options.clock])
    return max(count / seconds for count, seconds in zip(counts, times, strict=True))


def finished(action, options: argparse.Namespace):
    """The action, and on a GPU its end."""

    def run():
        action()
        if options.device == "cuda":
            torch.cuda.synchronize()

    return run


if __name__ == "__main__":
    main()
