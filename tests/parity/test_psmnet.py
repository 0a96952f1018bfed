"""PSMNet and its deformable variants give the released networks' outputs, losses and image gradients."""

from pathlib import Path

import numpy as np
import pytest
import torch

from supcore.networks import build_network
from tests.parity.golden import fill_network, ground_truth, pair

pytestmark = pytest.mark.parity

SIZE = (256, 272)
STORED = Path(__file__).parent / "data" / "networks.npz"
ATOL = 2e-3  # of outputs; two correct implementations differ by 2e-4


@pytest.fixture(scope="module")
def stored():
    return np.load(STORED)


def check_outputs(output, stored, name):
    """In the release's order: first, second and last hourglass; every 4th row and column is stored."""
    for number, disparity in enumerate((*output.auxiliary, output.disparity)):
        found = disparity.detach()[..., 1::4, 2::4].numpy()
        np.testing.assert_allclose(found, stored[f"{name}/out_{number}"], atol=ATOL, rtol=0)


@pytest.mark.parametrize("name", ["psmnet_deform6", "psmnet_deform25"])
def test_outputs_and_loss_of_the_deformable_variants(stored, name):
    network = fill_network(build_network(name), name)
    with torch.no_grad():
        output = network(*pair(*SIZE, 1))
        loss = network.loss(output, ground_truth(*SIZE, 7))
    check_outputs(output, stored, name)
    assert float(loss) == pytest.approx(float(stored[f"{name}/loss"]), rel=1e-5)


def test_outputs_loss_and_gradients_of_psmnet(stored):
    """Gradients of the loss with respect to the images: relative L2 below 1e-2, cosine above 0.9999."""
    network = fill_network(build_network("psmnet"), "psmnet")
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    images = [view.requires_grad_() for view in pair(*SIZE, 1)]
    output = network(*images)
    loss = network.loss(output, ground_truth(*SIZE, 7))
    loss.backward()
    check_outputs(output, stored, "psmnet")
    assert float(loss.detach()) == pytest.approx(float(stored["psmnet/loss"]), rel=1e-5)
    for number, image in enumerate(images):
        found = image.grad[..., 1::8, 2::8].double().numpy().ravel()
        expected = stored[f"psmnet/grad{number}"].astype(np.float64).ravel()
        assert np.linalg.norm(found - expected) < 1e-2 * np.linalg.norm(expected)
        assert found @ expected > 0.9999 * np.linalg.norm(found) * np.linalg.norm(expected)
