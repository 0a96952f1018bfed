"""What a step of the universal attack costs by rule and number of networks, as ratios to the published one.

Run ``python tests/benchmarks/attack.py``; ``--clock cpu`` counts processor time, which other jobs disturb less.
``gradient`` is the time of the network alone: clean prediction, forward and backward.
"""

from typing import get_args

import torch
from timing import CLOCKS, fastest, parser

from supcore.attack.choices import StepRule
from supcore.attack.frozen import frozen
from supcore.attack.universal import UniversalAttack
from supcore.networks import build_network
from supcore.perturbation import StereoPerturbation

SIZE, TILE, BATCH, EPSILON = (64, 128), (64, 64), 2, 0.02
NETWORK = {"base_channels": 16, "block_counts": (1, 2, 1, 1), "pooling_sizes": (16, 8, 4, 2), "max_disparity": 32}


def main() -> None:
    """Measure and print one row per number of networks and momentum."""
    options = parser(__doc__, repeats=7).parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    networks = [build_network("psmnet", **NETWORK) for _ in range(2)]
    left, right = torch.rand(2, BATCH, 3, *SIZE)
    cases = [(count, momentum) for count in (1, 2) for momentum in (0.0, 0.9)]
    attacks = [
        UniversalAttack(
            networks[:count], StereoPerturbation(TILE, SIZE, EPSILON), 1e-4, torch.Generator(), rule, momentum
        )
        for count, momentum in cases
        for rule in get_args(StepRule)
    ]
    actions = [lambda attack=attack: attack.step(left, right) for attack in attacks]
    actions.append(lambda: gradient(networks[0], left, right))
    seconds = fastest(actions, options.repeats, CLOCKS[options.clock])
    published, alone = seconds[0], seconds.pop()
    print(f"published step on one network: {1e3 * published:.1f} ms; gradient / step {alone / published:.2f}x")
    print("networks momentum " + " ".join(f"{rule:>11}" for rule in get_args(StepRule)))
    for i, (count, momentum) in enumerate(cases):
        row = seconds[3 * i : 3 * i + 3]
        print(f"{count:8} {momentum:8} " + " ".join(f"{value / published:10.2f}x" for value in row))


def gradient(network: torch.nn.Module, left: torch.Tensor, right: torch.Tensor) -> None:
    """Clean prediction, loss and gradient of the images, without a perturbation."""
    with frozen(network, pixels=left[:, 0].numel()):
        target = network.predict(left, right) + 1
        views = left.clone().requires_grad_(), right.clone().requires_grad_()
        torch.autograd.grad(network.loss(network(*views), target), views)


if __name__ == "__main__":
    main()
