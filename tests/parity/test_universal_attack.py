"""The universal attack's steps on PSMNet equal the release's, within what rounding allows."""

import numpy as np
import pytest
import torch

from supcore.attack import UniversalAttack
from supcore.networks import build_network
from supcore.perturbation import StereoPerturbation
from tests.parity.golden import fill_network, pair

pytestmark = [pytest.mark.parity, pytest.mark.slow]

SIZE = (256, 272)


@pytest.fixture(scope="module")
def stored(golden):
    return np.load(golden / "data" / "perturb_opt_psmnet.npz")


@pytest.fixture(scope="module")
def network():
    network = fill_network(build_network("psmnet"), "psmnet")
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network


@pytest.fixture(scope="module")
def batches(network):
    """Images and noisy target of each step."""

    def step(number):
        left, right = pair(*SIZE, 101 + number)
        noise = np.random.RandomState(9000 + number).standard_normal((1, 1, *SIZE)).astype(np.float32)
        return left, right, network.predict(left, right) + torch.from_numpy(noise)

    return [step(number) for number in range(2)]


def steps(network, batches, size):
    """The SUP and the loss after each step."""
    sup = StereoPerturbation(size, SIZE, 0.02)
    attack = UniversalAttack(network, sup, 1e-4)
    for number, (left, right, target) in enumerate(batches, start=1):
        loss = float(attack.step(left, right, target))
        yield number, loss, (sup.left.numpy(), sup.right.numpy())


def test_tile_steps_equal_the_release(network, batches, stored):
    """The images hold saturated pixels, so the gradient of the clamp at its bounds matters too."""
    for number, loss, tiles in steps(network, batches, (16, 16)):
        assert loss == pytest.approx(float(stored["tile_gs1e-4__loss"][number - 1]), rel=1e-5)
        for view, tile in enumerate(tiles):
            expected = stored[f"tile_gs1e-4__step{number}_perturb{view}"]
            np.testing.assert_allclose(tile, expected, atol=3e-6 if number == 1 else 2e-5, rtol=0)
            assert np.abs(tile - expected).mean() < 0.02 * np.abs(expected).mean()


def test_full_steps_equal_the_release_on_average(network, batches, stored):
    """Most elements sit at the clip, and a tiny gradient may change its sign: no comparison of single elements."""
    for number, loss, tiles in steps(network, batches, "full"):
        assert loss == pytest.approx(float(stored["full_gs1e-4__loss"][number - 1]), rel=1e-5)
        for view, tile in enumerate(tiles):
            difference = np.abs(tile - stored[f"full_gs1e-4__step{number}_perturb{view}"])
            assert difference.mean() < (1e-6 if number == 1 else 2e-6)
            assert (difference < 1e-6).mean() > (0.94 if number == 1 else 0.85)
            assert np.abs(tile).max() <= 1e-4 * number * (1 + 1e-6)
