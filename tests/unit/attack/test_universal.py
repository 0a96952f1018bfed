"""One step of the universal attack."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch

from supcore.attack import UniversalAttack
from supcore.errors import SupError
from supcore.networks import build_network
from supcore.perturbation import StereoPerturbation

SIZE, TILE, EPSILON = (32, 64), (8, 16), 0.02


@pytest.fixture
def sup():
    return StereoPerturbation(TILE, SIZE, EPSILON)


def noisy_target(network, images, seed=0):
    return network.predict(*images) + torch.randn(2, 1, *SIZE, generator=torch.Generator().manual_seed(seed))


def image_gradients(network, sup, images, target):
    """Written out: gradient of the loss with respect to the images at the current tiles, summed over the batch."""
    left, right = (image.clone().requires_grad_() for image in images)
    perturbed = []
    for image, tile in ((left, sup.left), (right, sup.right)):
        total = image + tile.clamp(-EPSILON, EPSILON).repeat(1, SIZE[0] // tile.shape[1], SIZE[1] // tile.shape[2])
        inside = (total.detach() >= 0) & (total.detach() <= 1)
        perturbed.append(torch.where(inside, total, total.detach().clamp(0, 1)))
    network.loss(network(*perturbed), target).backward()
    return left.grad.sum(0).numpy(), right.grad.sum(0).numpy()


def mean_of_tiles(gradient, tile=TILE):
    total, count = np.zeros((3, *tile), np.float64), 0
    for y in range(0, SIZE[0], tile[0]):
        for x in range(0, SIZE[1], tile[1]):
            total += gradient[:, y : y + tile[0], x : x + tile[1]]
            count += 1
    return total / count


def test_clip_rule_clips_every_pixel_and_then_averages_the_tiles(small_network, sup, images):
    """The published order; the other order gives another tile."""
    target = noisy_target(small_network, images)
    gradients = image_gradients(small_network, sup, images, target)
    alpha = float(np.median(np.abs(gradients)))
    UniversalAttack(small_network, sup, alpha).step(*images, target)
    for tile, gradient in zip((sup.left, sup.right), gradients, strict=True):
        expected = mean_of_tiles(np.clip(gradient, -alpha, alpha))
        other_order = np.clip(mean_of_tiles(gradient), -alpha, alpha)
        np.testing.assert_allclose(tile.numpy(), expected.clip(-EPSILON, EPSILON), atol=1e-6 * alpha)
        assert np.abs(expected - other_order).max() > 0.1 * alpha


def test_sign_rule_averages_first_and_steps_by_alpha(small_network, sup, images):
    target = noisy_target(small_network, images)
    gradients = image_gradients(small_network, sup, images, target)
    UniversalAttack(small_network, sup, 0.003, step_rule="sign").step(*images, target)
    for tile, gradient in zip((sup.left, sup.right), gradients, strict=True):
        np.testing.assert_allclose(tile.numpy(), 0.003 * np.sign(mean_of_tiles(gradient)), rtol=1e-6)


def test_normalized_rule_steps_by_a_root_mean_square_of_alpha(small_network, sup, images):
    target = noisy_target(small_network, images)
    gradients = image_gradients(small_network, sup, images, target)
    UniversalAttack(small_network, sup, 0.001, step_rule="normalized").step(*images, target)
    for tile, gradient in zip((sup.left, sup.right), gradients, strict=True):
        mean = mean_of_tiles(gradient)
        expected = 0.001 * mean / np.sqrt((mean**2).mean())
        np.testing.assert_allclose(tile.numpy(), expected.clip(-EPSILON, EPSILON), rtol=1e-4, atol=1e-8)
        assert np.abs(expected).max() > 2 * 0.001


@pytest.mark.parametrize("step_rule", ["clip", "sign", "normalized"])
def test_momentum_accumulates_the_directions_of_the_steps(small_network, sup, images, step_rule):
    """Written out for two steps; the gradients of all but ``clip`` are divided by their L1 norm first."""
    target, alpha, decay = noisy_target(small_network, images), 1e-3, 0.7
    attack = UniversalAttack(small_network, sup, alpha, step_rule=step_rule, momentum=decay)
    expected, velocity = np.zeros((2, 3, *TILE)), np.zeros((2, 3, *TILE))
    for _ in range(2):
        gradients = image_gradients(small_network, sup, images, target)
        attack.step(*images, target)
        for view, gradient in enumerate(gradients):
            mean = mean_of_tiles(gradient.clip(-alpha, alpha) if step_rule == "clip" else gradient)
            velocity[view] = decay * velocity[view] + (mean if step_rule == "clip" else mean / np.abs(mean).sum())
            length = alpha / np.sqrt((velocity[view] ** 2).mean())
            step = {"clip": velocity[view], "sign": alpha * np.sign(velocity[view])}
            expected[view] += step.get(step_rule, length * velocity[view])
    tiles = torch.stack((sup.left, sup.right)).numpy()
    np.testing.assert_allclose(tiles, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).mean())
    assert np.abs(expected).max() < EPSILON


def ensemble(make_small_network):
    return [make_small_network(seed=seed) for seed in (0, 1)]


def test_ensemble_under_the_clip_rule_steps_by_the_mean_of_the_networks_steps(make_small_network, sup, images):
    networks, alpha = ensemble(make_small_network), 1e-6
    target = noisy_target(networks[0], images)
    single = [StereoPerturbation(TILE, SIZE, EPSILON) for _ in networks]
    losses = [UniversalAttack(n, s, alpha).step(*images, target) for n, s in zip(networks, single, strict=True)]
    loss = UniversalAttack(networks, sup, alpha).step(*images, target)
    np.testing.assert_allclose(sup.left, (single[0].left + single[1].left) / 2, rtol=1e-5, atol=1e-12)
    assert float(loss) == pytest.approx(sum(map(float, losses)) / 2, rel=1e-6)


def test_ensemble_under_the_sign_rule_weighs_networks_alike(make_small_network, sup, images):
    networks = ensemble(make_small_network)
    target = noisy_target(networks[0], images)
    target[:, :, :, 32:] += 100  # both losses differ from each other, and so do their gradients
    gradients = [image_gradients(n, sup, images, target) for n in networks]
    UniversalAttack(networks, sup, 1e-3, step_rule="sign").step(*images, target)
    for view, tile in enumerate((sup.left, sup.right)):
        means = [mean_of_tiles(pair[view]) for pair in gradients]
        direction = sum(mean / np.abs(mean).sum() for mean in means)
        clear = np.abs(direction) > 1e-3 * np.abs(direction).max()
        np.testing.assert_allclose(tile.numpy()[clear], 1e-3 * np.sign(direction)[clear], rtol=1e-6)
        assert (np.sign(direction) != np.sign(sum(means))).any()


@pytest.mark.parametrize("step_rule", ["clip", "sign", "normalized"])
def test_ensemble_of_a_network_and_itself_steps_like_the_network_alone(small_network, images, step_rule):
    """The networks of an ensemble share one draw of the target noise."""
    tiles = []
    for network in (small_network, [small_network], (small_network, small_network)):
        sup = StereoPerturbation(TILE, SIZE, EPSILON)
        attack = UniversalAttack(network, sup, 1e-3, torch.Generator().manual_seed(0), step_rule, momentum=0.5)
        attack.step(*images)
        tiles.append(torch.stack((sup.left, sup.right)))
    assert torch.equal(tiles[0], tiles[1])
    assert torch.equal(tiles[0], tiles[2])


def test_each_network_of_an_ensemble_moves_away_from_its_own_prediction(make_small_network, sup, images):
    networks = ensemble(make_small_network)
    targets = UniversalAttack(networks, sup, 1e-3, torch.Generator().manual_seed(0)).clean_targets(*images)
    noise = [target - n.predict(*images) for n, target in zip(networks, targets, strict=True)]
    torch.testing.assert_close(noise[0], noise[1], atol=1e-5, rtol=0)
    assert (targets[0] - targets[1]).abs().max() > 0.1


def test_full_size_is_clipped_but_not_averaged(small_network, images):
    sup = StereoPerturbation("full", SIZE, EPSILON)
    target = noisy_target(small_network, images)
    gradients = image_gradients(small_network, sup, images, target)
    alpha = float(np.median(np.abs(gradients)))
    UniversalAttack(small_network, sup, alpha).step(*images, target)
    np.testing.assert_allclose(sup.left.numpy(), np.clip(gradients[0], -alpha, alpha).clip(-EPSILON, EPSILON))


def test_second_step_goes_on_from_the_first_and_stays_within_epsilon(small_network, sup, images):
    """The gradient is taken at the perturbed images, and the projection follows each step."""
    target = noisy_target(small_network, images)
    attack = UniversalAttack(small_network, sup, 0.015, step_rule="sign")
    attack.step(*images, target)
    first = sup.left.numpy().copy()
    gradients = image_gradients(small_network, sup, images, target)
    attack.step(*images, target)
    expected = np.clip(first + 0.015 * np.sign(mean_of_tiles(gradients[0])), -EPSILON, EPSILON)
    np.testing.assert_allclose(sup.left.numpy(), expected, rtol=1e-5, atol=1e-8)
    assert sup.left.abs().max() == np.float32(EPSILON)


def test_ascent_raises_the_loss_on_the_same_batch_and_target(small_network, sup, images):
    target = noisy_target(small_network, images)
    attack = UniversalAttack(small_network, sup, EPSILON / 8, step_rule="sign")
    losses = [float(attack.step(*images, target)) for _ in range(8)]
    unperturbed = small_network.loss(small_network(*images), target).detach()
    assert losses[0] == pytest.approx(float(unperturbed), rel=1e-6)
    assert losses[-1] > 1.01 * losses[0]
    assert all(later > earlier for earlier, later in pairwise(losses[:4]))


@pytest.mark.parametrize("training", [True, False])
def test_network_is_left_as_it_was(small_network, sup, images, training):
    """Weights, batch-norm statistics, gradient flags, gradients and the training flag."""
    small_network.train(training)
    next(small_network.parameters()).requires_grad_(False)
    before = copy.deepcopy(small_network.state_dict())
    flags = [p.requires_grad for p in small_network.parameters()]
    UniversalAttack(small_network, sup, 1e-3, torch.Generator().manual_seed(0)).step(*images)
    after = small_network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert [p.requires_grad for p in small_network.parameters()] == flags
    assert all(p.grad is None for p in small_network.parameters())
    assert {module.training for module in small_network.modules()} == {training}


def test_step_uses_frozen_statistics_even_on_a_network_in_training(small_network, make_small_network, images):
    results = []
    for network in (small_network, make_small_network().train()):
        sup = StereoPerturbation(TILE, SIZE, EPSILON)
        UniversalAttack(network, sup, 1e-3, torch.Generator().manual_seed(0)).step(*images)
        results.append(sup.left)
    assert torch.equal(*results)


def test_training_flag_is_restored_when_the_step_fails(small_network, sup):
    small_network.train()
    with pytest.raises(ValueError, match="must both be"):
        UniversalAttack(small_network, sup, 1e-3).step(torch.zeros(1, 3, 32, 64), torch.zeros(1, 3, 32, 32))
    assert small_network.training


def test_images_are_not_changed(small_network, sup, images):
    left, right = (image.clone() for image in images)
    UniversalAttack(small_network, sup, 1e-3).step(left, right)
    assert torch.equal(left, images[0])
    assert torch.equal(right, images[1])
    assert not left.requires_grad


def test_weights_that_need_no_gradient_can_be_attacked(small_network, sup, images):
    for parameter in small_network.parameters():
        parameter.requires_grad_(False)
    UniversalAttack(small_network, sup, 1e-3).step(*images)
    assert sup.left.abs().max() > 0


def test_clipped_fraction_counts_gradients_beyond_alpha(small_network, sup, images):
    target = noisy_target(small_network, images)
    gradients = np.stack(image_gradients(small_network, sup, images, target))
    for alpha in (1e-9, float(np.quantile(np.abs(gradients), 0.75)), 1e3):
        attack = UniversalAttack(small_network, StereoPerturbation(TILE, SIZE, EPSILON), alpha)
        attack.step(*images, target)
        assert attack.clipped_fraction == pytest.approx(float((np.abs(gradients) > alpha).mean()), abs=1e-3)


def test_same_generator_seed_gives_the_same_bytes(small_network, images):
    def tiles(seed):
        sup = StereoPerturbation(TILE, SIZE, EPSILON)
        attack = UniversalAttack(small_network, sup, 1e-3, torch.Generator().manual_seed(seed))
        for _ in range(2):
            attack.step(*images)
        return sup.left.numpy().tobytes() + sup.right.numpy().tobytes()

    assert tiles(1) == tiles(1)
    assert tiles(1) != tiles(2)


def test_own_target_is_the_clean_prediction_plus_unit_noise(small_network, sup, images):
    attack = UniversalAttack(small_network, sup, 1e-3, torch.Generator().manual_seed(4))
    (target,) = attack.clean_targets(*images)
    noise = target - small_network.predict(*images)
    expected = torch.randn(2, 1, *SIZE, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(noise, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *(({"alpha": alpha}, "alpha must be positive") for alpha in (0, -1e-4, float("nan"))),
        *(({"momentum": share}, r"momentum must be in \[0, 1\]") for share in (-0.1, 1.5, float("nan"))),
        ({"step_rule": "Sign"}, "step_rule must be one of clip, sign, normalized, got 'Sign'"),
        ({"network": []}, "no network"),
    ],
)
def test_impossible_options_are_refused(small_network, sup, options, message):
    with pytest.raises(ValueError, match=message):
        UniversalAttack(**{"network": small_network, "perturbation": sup, "alpha": 1e-3, "momentum": 1} | options)


def test_a_network_that_draws_random_numbers_draws_from_the_attack_s_generator(images):
    """PatchMatch starts afresh in every step, and the same seed gives the same step."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_network(
            "deeppruner", base_channels=4, block_counts=(1, 1, 1, 1), pooling_sizes=(8, 4, 2, 1), max_disparity=32
        )
    target = torch.full((2, 1, *SIZE), 8.0)

    def losses(seed):
        perturbation = StereoPerturbation(TILE, SIZE, EPSILON)
        attack = UniversalAttack(network, perturbation, 1e-9, torch.Generator().manual_seed(seed))
        return [float(attack.step(*images, target)) for _ in range(2)]

    assert losses(0) == losses(0)
    assert losses(0)[0] != losses(0)[1]
    assert losses(0) != losses(1)


@pytest.mark.parametrize(("height", "width"), [(40, 64), (32, 72)])
def test_images_to_optimize_on_must_consist_of_whole_tiles(small_network, height, width):
    """Applied to other images tiles are cut off; a mean over partial tiles would be another update."""
    sup = StereoPerturbation((16, 32), (32, 64), EPSILON)
    image = torch.rand(1, 3, height, width)
    with pytest.raises(SupError, match="crop them to whole tiles, 32x64"):
        UniversalAttack(small_network, sup, 1e-3).step(image, image)
