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
from supcore.networks.iterative_options import IterativeOptions
from supcore.seeding import numpy_generator, torch_generator

Statistics = dict[str, float]

STORED = Path(__file__).with_name("checksums.json")
SIZES = ((256, 640), (256, 256))  # the published one, and the smallest that all networks take
# Processors round differently, and some networks amplify that: where a disparity is chosen among candidates, or pixels
# are looked up at computed places. So each statistic's tolerance comes from what weights that differ by ROUNDING do
# to it on one machine, the most of DRAWS, times MARGIN, since draws are no bound; it is at least SMALLEST.
ROUNDING = 1e-6
DRAWS = 4
MARGIN = 20
SMALLEST = 1e-3
TOLERANCES = "tolerances"
# With random weights, iterations amplify rounding without bound; two run all of the code.
ITERATIONS = 2


def statistics(name: str, size: tuple[int, int], device: str = "cpu", *, draw: int | None = None) -> Statistics:
    """Of the published network with random weights, forward and backward on one random pair.

    Weights and images come from NumPy, whose streams depend neither on the processor nor on PyTorch's version.

    Args:
        name: of the network; an iterative one makes :data:`ITERATIONS`.
        size: (H, W) of the pair.
        device: to compute on.
        draw: of a random change of all weights by :data:`ROUNDING` of their values; None leaves them alone.

    Returns:
        Mean and standard deviation of the disparity in pixels, the loss, and the L2 norm of its gradient with respect
        to each view.
    """
    network: StereoNetwork = build_network(name)
    if isinstance(network.options, IterativeOptions):
        network = build_network(name, iterations=ITERATIONS)
    random = numpy_generator(0, "checksum", name)
    _randomize(network, random, draw)
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


def problem(found: Statistics, expected: Statistics, tolerances: Statistics) -> str | None:
    """What differs by more than its tolerance, a share of its value; None if nothing does."""
    for key, value in expected.items():
        if not abs(found[key] - value) <= tolerances[key] * abs(value):  # also catches NaN
            return f"{key} is {found[key]:.6g} instead of {value:.6g}"
    return None


def stored(name: str, size: tuple[int, int]) -> tuple[Statistics, Statistics] | None:
    """What the statistics should be, and their tolerances; None where nobody has stored them."""
    entry = read_json(STORED).get(name, {})
    found = entry.get(_key(size))
    return None if found is None else (found, entry[TOLERANCES])


def _randomize(network: StereoNetwork, random: np.random.Generator, draw: int | None) -> None:
    """Random weights that let little through, so that rounding does not grow from layer to layer."""
    change = numpy_generator(0, "rounding", draw)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.dim() < 2 and not name.endswith("bias"):
                continue  # scales of normalizations, which begin with 1
            shape = tuple(parameter.shape)
            scale = 0.5 / np.sqrt(parameter[0].numel()) if parameter.dim() > 1 else 0.1
            values = scale * random.standard_normal(shape, np.float32)
            if draw is not None:
                values = values * (1 + ROUNDING * change.standard_normal(shape))
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))


def _random_pair(random: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Noise, and the same shifted by 7 px: 1×3×H×W in [0, 1)."""
    left = random.random((1, 3, *size), np.float32)
    return left, np.roll(left, -7, axis=3)


def _key(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def derived_tolerances(name: str, size: tuple[int, int]) -> Statistics:
    """The tolerance of each statistic, as a share of its value."""
    values, changed = statistics(name, size), [statistics(name, size, draw=draw) for draw in range(DRAWS)]
    most = {key: max(abs(other[key] - value) for other in changed) / abs(value) for key, value in values.items()}
    return {key: max(SMALLEST, MARGIN * share) for key, share in most.items()}


def _store(names: list[str]) -> None:
    fix_arithmetic(1)
    for name in names:
        entry = {TOLERANCES: _rounded(derived_tolerances(name, SIZES[-1]), 2)}
        entry |= {_key(size): _rounded(statistics(name, size), 7) for size in SIZES}
        content = read_json(STORED) if STORED.exists() else {}
        write_json(STORED, {known: value for known, value in {**content, name: entry}.items() if known in NETWORKS})
        print(name, json.dumps(entry), flush=True)


def _rounded(values: Statistics, digits: int) -> Statistics:
    return {key: float(f"{value:.{digits}g}") for key, value in values.items()}


if __name__ == "__main__":
    _store(sys.argv[1:] or list(NETWORKS))
