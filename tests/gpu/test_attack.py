"""Attacks and training on a GPU take the steps that they take on the CPU."""

import copy

import pytest
import torch

from supcore.attack import PER_IMAGE_ATTACKS, PerImageAttack, UniversalAttack
from supcore.networks import load_pretrained
from supcore.perturbation import StereoPerturbation
from tests.unit.networks.test_precision import scenes

__all__ = ["scenes"]

EPSILON = 0.02


@pytest.fixture(scope="module")
def network():
    return load_pretrained("psmnet", "demo").double().eval()


@pytest.mark.parametrize("rule", ["clip", "sign", "normalized"])
def test_universal_steps_equal_the_cpu_s(gpu, network, scenes, rule):
    left, right, _ = (value.double() for value in scenes)
    tiles = []
    for device in ("cpu", gpu):
        perturbation = StereoPerturbation((64, 64), (64, 128), EPSILON)
        perturbation.left, perturbation.right = (tile.double().to(device) for tile in torch.zeros(2, 3, 64, 64))
        target = copy.deepcopy(network).to(device)
        attack = UniversalAttack(target, perturbation, 0.1 * EPSILON, torch.Generator(), rule)
        for _ in range(3):
            attack.step(left.to(device), right.to(device))
        tiles.append(torch.cat([perturbation.left, perturbation.right]).detach().cpu())
    assert tiles[0].abs().max() > 0.1 * EPSILON
    torch.testing.assert_close(*tiles, rtol=0, atol=1e-6 * EPSILON)


@pytest.mark.parametrize("name", sorted(PER_IMAGE_ATTACKS))
def test_per_image_attacks_stay_within_epsilon_and_hurt(gpu, network, scenes, name):
    left, right, truth = (value.to(gpu, torch.float32) for value in scenes)
    target = copy.deepcopy(network).float().to(gpu)
    before = (target.predict(left, right) - truth).abs().mean()
    attack = PerImageAttack(target, EPSILON, PER_IMAGE_ATTACKS[name])
    attacked = attack(left, right, images=range(len(left)), target=truth)
    assert (target.predict(*attacked) - truth).abs().mean() > before
    for image, clean in zip(attacked, (left, right), strict=True):
        assert (image - clean).abs().max() <= EPSILON + 1e-6


def test_a_sup_is_the_same_in_every_run(gpu, deterministic, network, scenes):
    left, right, _ = (value.to(gpu, torch.float32) for value in scenes)
    target = copy.deepcopy(network).float().to(gpu)
    tiles = []
    for _ in range(2):
        perturbation = StereoPerturbation((64, 64), (64, 128), EPSILON).to(gpu)
        attack = UniversalAttack(target, perturbation, 0.1 * EPSILON, torch.Generator().manual_seed(0))
        for _ in range(5):
            attack.step(left, right)
        tiles.append(torch.cat([perturbation.left, perturbation.right]).detach())
    assert torch.equal(*tiles)
