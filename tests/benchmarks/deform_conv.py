"""How fast the deformable convolution's implementations are on this CPU, as ratios to our C++ kernels.

Run ``python tests/benchmarks/deform_conv.py``; ``--clock cpu`` counts processor time, which other jobs disturb less.
``floor`` is the time of the matrix products alone: with it, ours / floor says what sampling adds.
"""

from collections.abc import Callable

import torch
import torchvision
from timing import CLOCKS, Clock, fastest, parser
from torch import Tensor

from supcore.ops import composition, extension

SHAPES = [(1, 32), (1, 64), (1, 128), (2, 32)]  # batch, channels; PSMNet's feature maps at 256×640
HEIGHT, WIDTH, GROUPS, TAPS = 64, 160, 2, 9
STEPS = ((1, 1), (1, 1), (1, 1))


def main() -> None:
    """Measure and print one row per shape."""
    arguments = parser(__doc__, repeats=7)
    arguments.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = arguments.parse_args()
    problem = extension.problem("cpp")
    if problem:
        raise SystemExit(f"our C++ kernels cannot be used: {problem}")
    print("forward and backward; ms of ours, then how many times longer the others take, and ours / floor")
    print("threads batch    C  weights     ours  composed  torchvision   floor")
    for threads in options.threads:
        torch.set_num_threads(threads)
        for batch, channels in SHAPES:
            for frozen in (True, False):
                ours, composed, vision, floor = measure(batch, channels, frozen, options.repeats, CLOCKS[options.clock])
                print(
                    f"{threads:7} {batch:5} {channels:4} {'frozen' if frozen else 'trained':>8} {1e3 * ours:8.1f} "
                    f"{composed / ours:8.2f}x {vision / ours:11.2f}x {ours / floor:6.2f}x",
                    flush=True,
                )


def measure(batch: int, channels: int, frozen: bool, repeats: int, clock: Clock) -> list[float]:
    """Fastest seconds of ours, the composition, torchvision and the matrix products, taken in turn."""
    torch.manual_seed(0)
    x = torch.randn(batch, channels, HEIGHT, WIDTH, requires_grad=True)
    offset = (2 * torch.randn(batch, 2 * GROUPS * TAPS, HEIGHT, WIDTH)).requires_grad_()
    mask = torch.rand(batch, GROUPS * TAPS, HEIGHT, WIDTH, requires_grad=True)
    weight = torch.randn(channels, channels, 3, 3, requires_grad=not frozen)
    cotangent = torch.randn(batch, channels, HEIGHT, WIDTH)
    leaves = [x, offset, mask] + ([] if frozen else [weight])
    columns, matrix = torch.randn(channels * TAPS, HEIGHT * WIDTH), weight.detach().view(channels, -1)

    def differentiate(operator: Callable[..., Tensor]) -> None:
        torch.autograd.grad(operator(x, offset, weight, None, *STEPS, mask), leaves, cotangent)

    def products() -> None:
        for _ in range(batch * (2 if frozen else 3)):
            matrix @ columns

    actions = [
        lambda: differentiate(torch.ops.supcore.deform_conv2d),
        lambda: differentiate(composition.deform_conv2d),
        lambda: differentiate(torchvision.ops.deform_conv2d),
        products,
    ]
    return fastest(actions, repeats, clock)


if __name__ == "__main__":
    main()
