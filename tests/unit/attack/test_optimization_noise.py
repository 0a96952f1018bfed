"""The random draws of an optimization: every step, and every seed, has its own target noise."""

import pytest
import torch

from supcore.attack.optimization import SupOptions, optimize_sup
from supcore.attack.universal import UniversalAttack
from supcore.perturbation import StereoPerturbation
from supcore.seeding import torch_generator


@pytest.fixture
def drawn_noise(small_network, make_pairs, tmp_path, monkeypatch):
    """Runs an optimization of three steps and returns the noise in the target of each."""

    def run(seed):
        noise = []
        clean_targets = UniversalAttack.clean_targets

        def spy(attack, left, right, clean):
            (target,) = clean_targets(attack, left, right, clean)
            noise.append(target - small_network.predict(left, right))
            return [target]

        with monkeypatch.context() as patched:
            patched.setattr(UniversalAttack, "clean_targets", spy)
            optimize_sup(
                small_network,
                StereoPerturbation((8, 16), (32, 64), 0.02),
                make_pairs(2, seed=1),
                make_pairs(1, seed=2),
                SupOptions(alpha=0.004, step_rule="sign", batch=1, steps=3, seed=seed),
                checkpoint=tmp_path / f"{seed}.pt",
            )
        return torch.stack(noise)

    return run


def test_every_step_draws_its_own_target_noise(drawn_noise):
    """Noise that is the same in every step is one more constant of the target and would not average out."""
    noise = drawn_noise(3)
    for step, values in enumerate(noise, start=1):
        expected = torch.randn(values.shape, generator=torch_generator(3, "target noise", step))
        torch.testing.assert_close(values, expected, rtol=0, atol=1e-4)
    correlation = torch.corrcoef(noise.flatten(1))
    assert correlation.fill_diagonal_(0).abs().max() < 0.1


def test_another_seed_draws_other_target_noise(drawn_noise):
    assert not torch.allclose(drawn_noise(3), drawn_noise(4), atol=0.1)
