"""What happens to the images: the same for every network, whatever the batch."""

import pytest
import torch

from supcore.attack import PER_IMAGE_ATTACKS, PerImageAttack
from supcore.corruptions import corrupt
from supcore.evaluation.conditions import Batch, universal, unperturbed
from supcore.evaluation.study_conditions import corrupted, per_image, remembered

SIZE = (32, 64)


@pytest.fixture
def batch(images):
    left, right = images
    return Batch((4, 7), left, right, torch.full((2, 1, *SIZE), 6.0), torch.full((2, 1, *SIZE), 255, dtype=torch.uint8))


def part(batch, number):
    fields = (batch.left, batch.right, batch.truth, batch.classes)
    return Batch(batch.images[number : number + 1], *(field[number : number + 1] for field in fields))


def test_universal_adds_the_same_perturbation(batch, noise):
    for found, expected in zip(universal(noise)(batch), noise(batch.left, batch.right), strict=True):
        assert torch.equal(found, expected)


@pytest.mark.parametrize("shared", [False, True])
def test_corruption_of_a_pair_depends_on_its_index_alone(batch, shared):
    """Not on the batch: tables would change with evaluation.batch."""
    apply = corrupted(unperturbed, "gaussian_noise", 3, seed=5, shared_draws=shared)
    whole, single = apply(batch), apply(part(batch, 1))
    for view, alone in zip(whole, single, strict=True):
        assert torch.equal(view[1:], alone)
    other = corrupted(unperturbed, "gaussian_noise", 3, seed=6, shared_draws=shared)(batch)
    assert not torch.equal(whole[0], other[0])


def test_every_image_of_a_data_set_is_corrupted_by_draws_of_its_own(batch):
    """And every corruption; else the errors of the images would not be independent."""
    twins = Batch(batch.images, *[batch.left[:1].expand(2, -1, -1, -1)] * 2, batch.truth, batch.classes)

    def noise(name):
        return corrupted(unperturbed, name, 3)(twins)[0] - twins.left

    first, second = noise("gaussian_noise")
    inside = (twins.left[0] > 0.2) & (twins.left[0] < 0.8)  # the others are clipped
    assert torch.corrcoef(torch.stack((first[inside], second[inside])))[0, 1].abs() < 0.1
    other = noise("imagenet_c_gaussian_noise")[0]
    assert torch.corrcoef(torch.stack((first[inside], other[inside])))[0, 1].abs() < 0.1


def test_shared_draws_add_the_same_noise_to_both_views(batch):
    gray = Batch(batch.images, *[torch.full_like(batch.left, 0.5)] * 2, batch.truth, batch.classes)
    left, right = corrupted(unperturbed, "gaussian_noise", shared_draws=True)(gray)
    assert torch.equal(left, right)
    left, right = corrupted(unperturbed, "gaussian_noise", shared_draws=False)(gray)
    assert not torch.equal(left, right)


@pytest.mark.parametrize(("severity", "sigma"), [(None, 0.01), (1, 0.01), (3, 0.06), (6, 0.1)])
def test_corruption_has_the_strength_of_its_severity(batch, severity, sigma):
    gray = Batch(batch.images, *[torch.full_like(batch.left, 0.5)] * 2, batch.truth, batch.classes)
    for view in corrupted(unperturbed, "gaussian_noise", severity)(gray):
        assert float((view - 0.5).std()) == pytest.approx(sigma, rel=0.05)


def test_corrupted_views_stay_left_and_right(batch):
    found = corrupted(unperturbed, "jpeg")(batch)
    for view, clean in zip(found, (batch.left, batch.right), strict=True):
        assert torch.equal(view, corrupt(clean, "jpeg"))
    assert not torch.equal(*found)


def test_corruption_comes_after_the_perturbation(batch, noise):
    """Quantized to 8 bits, an attacked image holds no value between them."""
    left, _ = corrupted(universal(noise), "quantization")(batch)
    assert torch.equal((left * 255).round(), left * 255)
    assert not torch.equal(left, corrupted(unperturbed, "quantization")(batch)[0])


@pytest.mark.parametrize("against_truth", [True, False])
def test_per_image_attack_moves_away_from_the_chosen_target(small_network, batch, against_truth):
    attack = PerImageAttack(small_network, 0.02, PER_IMAGE_ATTACKS["fgsm"], seed=1)
    target = batch.truth if against_truth else None
    expected = attack(batch.left, batch.right, batch.images, target)
    found = per_image(attack, against_truth=against_truth)(batch)
    assert torch.equal(found[0], expected[0])
    assert not torch.equal(found[0], batch.left)


def test_remembered_perturbs_every_batch_once(batch, noise):
    calls = []

    def counting(batch):
        calls.append(batch.images)
        return noise(batch.left, batch.right)

    apply = remembered(counting)
    first, again, other = apply(batch), apply(batch), apply(part(batch, 0))
    assert calls == [(4, 7), (4,)]
    assert first is again
    assert torch.equal(other[0], first[0][:1])
