"""PSMNet and its deformable variants give the released networks' outputs, losses and image gradients."""

from functools import cache

import pytest
import torch

from supcore.networks import build_network
from tests.parity.golden import fill_network, ground_truth, pair, relative_error, tensors

pytestmark = pytest.mark.parity

SIZE = (256, 272)
TOLERANCE = {"atol": 1e-3, "rtol": 0}  # of outputs; two correct implementations differ by 2e-4


@cache
def published(name):
    return fill_network(build_network(name), name).requires_grad_(False)


def check(output, loss, stored):
    """In the release's order: first, second and last hourglass; every 4th row and column is stored."""
    for number, disparity in enumerate((*output.auxiliary, output.disparity)):
        torch.testing.assert_close(disparity.detach()[..., 1::4, 2::4], stored[f"out_{number}"], **TOLERANCE)
    torch.testing.assert_close(loss.detach(), stored["loss"], rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", ["psmnet_deform6", "psmnet_deform25"])
def test_outputs_and_loss_of_the_deformable_variants(golden, name):
    output = published(name)(*pair(*SIZE, 1))
    loss = published(name).loss(output, ground_truth(*SIZE, 7))
    check(output, loss, tensors(golden / "networks.npz", f"{name}/"))


def test_outputs_loss_and_gradients_of_psmnet(golden):
    """Gradients of the loss with respect to the images."""
    images = [view.requires_grad_() for view in pair(*SIZE, 1)]
    output = published("psmnet")(*images)
    loss = published("psmnet").loss(output, ground_truth(*SIZE, 7))
    loss.backward()
    stored = tensors(golden / "networks.npz", "psmnet/")
    check(output, loss, stored)
    for number, image in enumerate(images):
        assert relative_error(image.grad[..., 1::8, 2::8], stored[f"grad{number}"]) < 1e-2


def test_prediction_at_a_size_that_needs_padding(golden):
    disparity = published("psmnet").predict(*pair(248, 264, 2))
    expected = tensors(golden / "networks_other.npz")["psmnet_248x264"]
    torch.testing.assert_close(disparity[..., 1::4, 2::4], expected, **TOLERANCE)


def test_prediction_with_align_corners(golden):
    """As PSMNet's authors advise for their own weights."""
    network = build_network("psmnet", align_corners=True)
    network.load_state_dict(published("psmnet").state_dict())
    disparity = network.predict(*pair(*SIZE, 1))
    expected = tensors(golden / "networks_other.npz")["psmnet_256x272_align_corners"]
    torch.testing.assert_close(disparity[..., 1::4, 2::4], expected, **TOLERANCE)
