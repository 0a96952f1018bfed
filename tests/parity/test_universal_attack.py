"""The universal attack's steps on AANet equal the release's, within what rounding allows."""

import numpy as np
import pytest
import torch

from supcore.attack import UniversalAttack
from supcore.networks import build_network
from supcore.perturbation import StereoPerturbation
from tests.parity.golden import fill_network, pair, tensors

pytestmark = pytest.mark.parity

SIZE, BATCH = (64, 128), 2


@pytest.fixture(scope="module")
def network():
    return fill_network(build_network("aanet"), "aanet").requires_grad_(False)


@pytest.fixture(scope="module")
def batches(network):
    """Images and noisy target of each step."""

    def batch(number):
        seeds = range(101 + BATCH * number, 101 + BATCH * (number + 1))
        left, right = (torch.cat(views) for views in zip(*(pair(*SIZE, seed) for seed in seeds), strict=True))
        noise = np.random.RandomState(9000 + number).standard_normal((BATCH, 1, *SIZE)).astype(np.float32)
        return left, right, network.predict(left, right) + torch.from_numpy(noise)

    return [batch(number) for number in range(3)]


def steps(network, batches, size, alpha, stored):
    """The SUP after each step; every step's loss is compared on the way."""
    sup = StereoPerturbation(size, SIZE, 0.02)
    attack = UniversalAttack(network, sup, alpha)
    for number, batch in enumerate(batches, start=1):
        loss = float(attack.step(*batch))
        assert loss == pytest.approx(float(stored["loss"][number - 1]), rel=1e-5)
        yield number, (sup.left, sup.right)


@pytest.mark.parametrize(("alpha", "first", "later"), [("1e-4", 3e-6, 2e-5), ("1e-2", 1e-5, 1e-4)])
def test_tile_steps_equal_the_release(golden, network, batches, alpha, first, later):
    """The images hold saturated pixels, so the gradient of the clamp at its bounds matters too."""
    stored = tensors(golden / "attack.npz", f"aanet/tile_gs{alpha}/")
    for number, tiles in steps(network, batches, (16, 16), float(alpha), stored):
        for view, tile in enumerate(tiles):
            expected = stored[f"step{number}_perturb{view}"]
            torch.testing.assert_close(tile, expected, atol=first if number == 1 else later, rtol=0)
            assert (tile - expected).abs().mean() < 0.02 * expected.abs().mean()


def test_full_steps_equal_the_release_on_average(golden, network, batches):
    """Most elements sit at the clip, and a tiny gradient may change its sign: no comparison of every single element."""
    stored = tensors(golden / "attack.npz", "aanet/full_gs1e-4/")
    for number, tiles in steps(network, batches[:2], "full", 1e-4, stored):
        for view, tile in enumerate(tiles):
            difference = (tile[:, ::4, ::4] - stored[f"step{number}_perturb{view}"]).abs()
            assert difference.mean() < 5e-7 * number
            assert (difference < 1e-5).float().mean() > 0.99  # a tenth of what one step may change
            assert tile.abs().max() <= 1e-4 * number * (1 + 1e-6)
