"""Statistics of every network on a random pair, and what they should be.

``python -m supcore.installation.checksums NAME …`` computes those of the named networks (all without a name) and stores
them; that is needed when a network is added, and when one changes on purpose.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

from supcore.device import fix_arithmetic
from supcore.files import read_json, write_json
from supcore.networks import NETWORKS, StereoNetwork, build_network
from supcore.seeding import numpy_generator, torch_generator

Statistics = dict[str, float]

STORED = Path(__file__).with_name("checksums.json")
SIZES = ((256, 640), (256, 256))  # the published one, and the smallest that all networks take
# Between AVX-512, AVX2 and plain SSE4 the statistics of the stored networks differ by up to 4e-5 of their values, and
# least in those without discrete choices. A wrong kernel, normalization or padding moves them by more than 1e-2.
TOLERANCE = 1e-3


def statistics(name: str, size: tuple[int, int], device: str = "cpu") -> Statistics:
    """Of the published network with random weights, forward and backward on one random pair.

    Weights and images come from NumPy, whose streams depend neither on the processor nor on PyTorch's version.

    Returns:
        Mean and standard deviation of the disparity in pixels, the loss, and the L2 norm of its gradient with respect
        to each view.
    """
    network: StereoNetwork = build_network(name)
    random = numpy_generator(0, "checksum", name)
    _randomize(network, random)
    views = _random_pair(random, size)
    left, right = (torch.from_numpy(view).to(device).requires_grad_() for view in views)
    network.to(device)
    output = network(left, right, **network.random_options(torch_generator(0, "checksum", name)))
    loss = network.loss(output, torch.full_like(output.disparity.detach(), 20.0))
    gradients = torch.autograd.grad(loss, (left, right))
    disparity = output.disparity.detach().double()
    values = {"mean": disparity.mean(), "deviation": disparity.std(), "loss": loss.detach()}
    values |= {f"{side} gradient": g.double().norm() for side, g in zip(("left", "right"), gradients, strict=True)}
    return {key: float(value) for key, value in values.items()}


def problem(found: Statistics, expected: Statistics) -> str | None:
    """What differs by more than :data:`TOLERANCE` of its value; None if nothing does."""
    for key, value in expected.items():
        if not abs(found[key] - value) <= TOLERANCE * abs(value):  # also catches NaN
            return f"{key} is {found[key]:.6g} instead of {value:.6g}"
    return None


def stored(name: str, size: tuple[int, int]) -> Statistics | None:
    """What the statistics should be; None where nobody has stored them."""
    content: dict[str, dict[str, Statistics]] = read_json(STORED)
    return content.get(name, {}).get(_key(size))


def _randomize(network: StereoNetwork, random: np.random.Generator) -> None:
    """Weights whose variance is that of the inputs' mean, which neither blows activations up nor lets them vanish."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                scale = np.float32(1 / np.sqrt(parameter[0].numel()))
                parameter.copy_(torch.from_numpy(scale * random.standard_normal(tuple(parameter.shape), np.float32)))


def _random_pair(random: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Noise, and the same shifted by 7 px: 1×3×H×W in [0, 1)."""
    left = random.random((1, 3, *size), np.float32)
    return left, np.roll(left, -7, axis=3)


def _key(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _store(names: list[str]) -> None:
    fix_arithmetic(1)
    for name in names:
        for size in SIZES:
            found = {key: float(f"{value:.7g}") for key, value in statistics(name, size).items()}
            content = read_json(STORED) if STORED.exists() else {}
            content.setdefault(name, {})[_key(size)] = found
            write_json(STORED, {known: content[known] for known in content if known in NETWORKS})
            print(name, _key(size), json.dumps(found), flush=True)


if __name__ == "__main__":
    _store(sys.argv[1:] or list(NETWORKS))
