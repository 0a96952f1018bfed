"""What has no gradients is evaluated, not attacked."""

import pytest
import torch

from supcore.attack import UniversalAttack
from supcore.errors import SupError
from supcore.networks import StereoNetwork, build_network
from supcore.perturbation import StereoPerturbation

SUP = StereoPerturbation((16, 16), (32, 64), 0.02)


class Undeclared(StereoNetwork):
    """Its gradients end in it, and its class does not say so."""

    def estimate(self, left, right, *, finest_only, **options):
        return [(left - right).mean(dim=1, keepdim=True).detach()]

    def loss(self, output, target):
        return (output.disparity - target).abs().mean()


def test_a_target_only_network_is_refused_before_anything_runs(small_network):
    program = build_network("supcore.networks.external:ExternalNetwork", command=["no-such-program"])
    with pytest.raises(SupError, match=r"^network \S+:ExternalNetwork: has no gradients to attack it by; "):
        UniversalAttack([small_network, program], SUP, alpha=0.01)


def test_a_loss_without_a_gradient_says_what_to_declare():
    attack = UniversalAttack(Undeclared(), SUP, alpha=0.01, generator=torch.Generator().manual_seed(0))
    with pytest.raises(SupError, match=r"^network Undeclared: its loss has no gradient; set target_only = "):
        attack.step(*torch.rand(2, 1, 3, 32, 64))
