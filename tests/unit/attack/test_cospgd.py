"""The pixel weights of CosPGD."""

import pytest
import torch
import torch.nn.functional as F

from supcore.attack import PER_IMAGE_ATTACKS, PerImageAttack, PerImageOptions
from supcore.attack.cospgd import cosine_similarity, weighted
from supcore.networks.base import StereoOutput


@pytest.mark.parametrize("error", [0.0, 0.3, 1.0, 3.0, 8.0])
def test_similarity_is_the_cosine_between_softmaxes_over_candidates(error):
    """Written out with candidates a hundredth of a pixel apart, far beyond both disparities."""
    candidates = torch.arange(-40, 80, 0.01, dtype=torch.float64)
    prediction, target = (torch.softmax(-(candidates - d).abs(), 0) for d in (20.0 + error, 20.0))
    expected = F.cosine_similarity(prediction, target, dim=0)
    for sign in (1, -1):
        found = cosine_similarity(torch.tensor(20.0 + sign * error, dtype=torch.float64), torch.tensor(20.0))
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def output_and_leaves(size, small):
    leaves = [torch.rand(1, 1, *s).mul(20).requires_grad_() for s in (size, size, small)]
    return StereoOutput(leaves[0], tuple(leaves[1:])), leaves


def test_maps_stay_and_gradients_are_scaled_by_the_similarity_of_the_finest_one():
    output, leaves = output_and_leaves((4, 8), (2, 4))
    target = torch.full((1, 1, 4, 8), 9.0)
    result = weighted(output, target)
    maps = (result.disparity, *result.auxiliary)
    assert all(torch.equal(new, old) for new, old in zip(maps, leaves, strict=True))
    similarity = cosine_similarity(leaves[0].detach(), target)
    by_leaf = torch.autograd.grad(sum(disparity.sum() for disparity in maps), leaves)
    for gradient in by_leaf[:2]:
        torch.testing.assert_close(gradient, similarity)
    torch.testing.assert_close(by_leaf[2], similarity.unflatten(3, (4, 2)).unflatten(2, (2, 2)).mean(dim=(3, 5)))


@pytest.mark.parametrize("unknown", [0.0, float("nan"), float("inf")])
def test_pixels_without_a_target_leave_the_gradient_alone(unknown):
    output, leaves = output_and_leaves((4, 8), (4, 8))
    result = weighted(output, torch.full((1, 1, 4, 8), unknown))
    (gradient,) = torch.autograd.grad(result.disparity.sum(), leaves[0])
    assert (gradient == 1).all()


def test_a_step_follows_the_scaled_loss_of_every_pixel(small_network, images):
    """One step equals that along the loss whose pixels are multiplied by the similarity, as the paper writes it."""
    network, pairs = small_network.double().eval(), [image.double() for image in images]
    target = network.predict(*pairs) + 2 * torch.rand(2, 1, 32, 64, generator=torch.Generator().manual_seed(1))
    options = PerImageOptions(steps=1, alpha_of_epsilon=1.0, cosine_weights=True)
    attacked = PerImageAttack(network, 0.02, options)(*pairs, [0, 1], target)
    plain = PerImageAttack(network, 0.02, PER_IMAGE_ATTACKS["fgsm"])(*pairs, [0, 1], target)
    views = [view.clone().requires_grad_() for view in pairs]
    output = network(*views)
    valid = target > 0
    similarity = cosine_similarity(output.disparity.detach(), target)
    loss = 0.0
    for weight, disparity in zip((1.0, 0.5, 0.7), (output.disparity, *output.auxiliary), strict=True):
        pixels = F.smooth_l1_loss(disparity, target, reduction="none") * similarity * valid
        loss = loss + weight * (pixels.sum(dim=(1, 2, 3)) / valid.sum(dim=(1, 2, 3))).sum()
    for clean, gradient, result, other in zip(pairs, torch.autograd.grad(loss, views), attacked, plain, strict=True):
        torch.testing.assert_close(result, (clean + 0.02 * gradient.sign()).clamp(0, 1), rtol=0, atol=1e-9)
        assert not torch.equal(result, other)
