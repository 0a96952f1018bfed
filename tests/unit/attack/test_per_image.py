"""Attacks with a perturbation of its own for every pair."""

from dataclasses import astuple, replace

import pytest
import torch

from supcore.attack import PER_IMAGE_ATTACKS, PerImageAttack, PerImageOptions
from supcore.attack.choices import per_image_options
from supcore.attack.per_image import published_alpha
from supcore.errors import SupError
from supcore.seeding import torch_generator

pytestmark = pytest.mark.thorough

EPSILON = 0.02
SHORT = {name: replace(options, steps=min(options.steps, 2)) for name, options in PER_IMAGE_ATTACKS.items()}


@pytest.fixture
def target(small_network, images):
    noise = torch.randn(2, 1, 32, 64, generator=torch.Generator().manual_seed(9))
    return small_network.predict(*images) + noise


@pytest.fixture
def pruner(make_small_network):
    """A network that draws random numbers in every forward pass."""
    return make_small_network("deeppruner", max_disparity=32)


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def losses(network, views, target):
    """Of each pair."""
    pairs = zip(*(t.split(1) for t in (*views, target)), strict=True)
    with torch.no_grad():
        return [float(network.loss(network(left, right), wanted)) for left, right, wanted in pairs]


@pytest.mark.parametrize("name", PER_IMAGE_ATTACKS)
def test_result_is_within_epsilon_and_the_unit_range(small_network, images, name):
    before = [image.clone() for image in images]
    attacked = PerImageAttack(small_network, EPSILON, SHORT[name])(*images, [0, 1])
    for clean, view in zip(images, attacked, strict=True):
        assert view.shape == clean.shape
        assert not view.requires_grad
        assert (view - clean).abs().max() <= EPSILON + 1e-7
        assert (view != clean).float().mean() > 0.3  # two steps may cancel
        assert view.min() >= 0
        assert view.max() <= 1
    assert same(images, before)


def test_fgsm_steps_once_by_epsilon_times_the_sign(small_network, images, target):
    attacked = PerImageAttack(small_network, EPSILON, PER_IMAGE_ATTACKS["fgsm"])(*images, [0, 1], target)
    for i in range(2):
        views = [image[i : i + 1].clone().requires_grad_() for image in images]
        loss = small_network.loss(small_network(*views), target[i : i + 1])
        for view, gradient, result in zip(views, torch.autograd.grad(loss, views), attacked, strict=True):
            expected = (view.detach() + EPSILON * gradient.sign()).clamp(0, 1)
            torch.testing.assert_close(result[i : i + 1], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("momentum", [0.0, 0.47])
def test_iterated_attacks_follow_the_published_recursion(small_network, images, target, momentum):
    """g ← µ·g + (1 - µ)·∇/‖∇‖₁ of each view, a step by alpha times its sign, [0, 1], then ±epsilon."""
    epsilon, alpha, steps = 0.003, 0.001, 5
    # In double precision rounding turns no sign of a gradient that is almost zero.
    small_network, images, target = small_network.double(), [image.double() for image in images], target.double()
    options = PerImageOptions(steps, alpha / epsilon, momentum=momentum)
    attacked = PerImageAttack(small_network, epsilon, options)(*images, [0, 1], target)
    for i in range(2):
        clean = [image[i : i + 1] for image in images]
        views, velocities = clean, [0.0, 0.0]
        for _ in range(steps):
            views = [view.clone().requires_grad_() for view in views]
            gradients = torch.autograd.grad(small_network.loss(small_network(*views), target[i : i + 1]), views)
            for k, gradient in enumerate(gradients):
                velocities[k] = momentum * velocities[k] + (1 - momentum) * gradient / gradient.abs().sum()
                moved = (views[k].detach() + alpha * velocities[k].sign()).clamp(0, 1)
                views[k] = clean[k] + (moved - clean[k]).clamp(-epsilon, epsilon)
        for result, expected in zip(attacked, views, strict=True):
            torch.testing.assert_close(result[i : i + 1], expected, rtol=0, atol=1e-9)


def test_the_attacks_have_these_settings():
    """Steps, step as a share of epsilon, momentum, diversity, random start, restarts, adaptive, cosine weights."""
    assert {name: astuple(options) for name, options in PER_IMAGE_ATTACKS.items()} == {
        "fgsm": (1, 1.0, 0.0, 0.0, False, 1, False, False),
        "ifgsm": (40, None, 0.0, 0.0, False, 1, False, False),
        "mifgsm": (40, None, 0.47, 0.0, False, 1, False, False),
        "di2fgsm": (40, None, 0.0, 0.5, False, 1, False, False),
        "mdi2fgsm": (40, None, 0.47, 0.5, False, 1, False, False),
        "pgd": (40, 0.0625, 0.0, 0.0, True, 3, False, False),
        "cospgd": (40, 0.0625, 0.0, 0.0, True, 3, False, True),
        "apgd": (40, None, 0.0, 0.0, True, 3, True, False),
    }


def test_steps_have_the_published_lengths():
    lengths = [published_alpha(epsilon) for epsilon in (0.02, 0.01, 0.005, 0.002, 0.04)]
    assert lengths == [2e-3, 2.5e-4, 1.25e-4, 5e-5, 0.001]


@pytest.mark.parametrize("name", PER_IMAGE_ATTACKS)
def test_attack_raises_the_loss_of_every_pair(small_network, images, target, name):
    options = replace(PER_IMAGE_ATTACKS[name], steps=1 if name == "fgsm" else 8)
    attacked = PerImageAttack(small_network, EPSILON, options)(*images, [0, 1], target)
    before, after = (losses(small_network, views, target) for views in (images, attacked))
    assert all(a > b for a, b in zip(after, before, strict=True))


def test_diversity_and_momentum_change_the_result(small_network, images, target):
    results = [
        PerImageAttack(small_network, EPSILON, SHORT[name])(*images, [0, 1], target)[0]
        for name in ("ifgsm", "mifgsm", "di2fgsm", "mdi2fgsm")
    ]
    assert len({result.numpy().tobytes() for result in results}) == 4


def together_swapped_and_alone(network, images, options):
    attack = PerImageAttack(network, EPSILON, options, seed=5)
    swapped = attack(*(image.flip(0) for image in images), [3, 7])
    alone = [attack(*(image[i : i + 1] for image in images), [index]) for i, index in enumerate((7, 3))]
    together = attack(*images, [7, 3])
    return together, [view.flip(0) for view in swapped], [torch.cat(views) for views in zip(*alone, strict=True)]


@pytest.mark.parametrize("name", ["mdi2fgsm", "pgd"])
def test_result_does_not_depend_on_the_batch_of_a_network_that_draws(pruner, images, name):
    """Alone, together or in another order: every draw belongs to the pair's index."""
    options = replace(SHORT[name], restarts=min(SHORT[name].restarts, 2))
    together, swapped, alone = together_swapped_and_alone(pruner, images, options)
    assert same(together, swapped)
    assert same(together, alone)


@pytest.mark.parametrize("name", ["mdi2fgsm", "pgd", "cospgd", "apgd"])
def test_pairs_that_are_attacked_together_are_attacked_as_if_alone(small_network, images, name):
    """Up to rounding, which in double precision turns no sign of a step; every pair keeps its own best restart."""
    options = replace(SHORT[name], steps=3, restarts=min(SHORT[name].restarts, 2))
    pairs = [image.double() for image in images]
    together, swapped, alone = together_swapped_and_alone(small_network.double(), pairs, options)
    for view, others in zip(together, zip(swapped, alone, strict=True), strict=True):
        for other in others:
            torch.testing.assert_close(other, view, rtol=0, atol=1e-9)


def test_a_batch_costs_one_forward_pass_a_step(small_network, images):
    sizes = []
    small_network.register_forward_hook(lambda module, views, output: sizes.append(len(views[0])))
    PerImageAttack(small_network, EPSILON, SHORT["ifgsm"])(*images, [0, 1], torch.ones(2, 1, 32, 64))
    assert sizes == [2, 2]


def test_draws_follow_the_index_and_the_seed(small_network, images):
    pair = [image[:1] for image in images]

    def attacked(seed, index):
        return PerImageAttack(small_network, EPSILON, SHORT["pgd"], seed)(*pair, [index])

    assert same(attacked(0, 0), attacked(0, 0))
    assert not same(attacked(0, 0), attacked(0, 1))
    assert not same(attacked(0, 0), attacked(1, 0))


def test_random_start_is_uniform_within_epsilon(small_network, images):
    """Seen after a step of no length, where the unit range does not cut it off."""
    options = PerImageOptions(steps=1, alpha_of_epsilon=1e-6, random_start=True)
    for clean, view in zip(images, PerImageAttack(small_network, EPSILON, options)(*images, [0, 1]), strict=True):
        start = (view - clean)[(clean > EPSILON) & (clean < 1 - EPSILON)] / EPSILON
        quantiles = torch.quantile(start, torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]))
        torch.testing.assert_close(quantiles, torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0]), rtol=0, atol=0.05)


def test_every_pair_keeps_its_restart_with_the_highest_loss(small_network, images, target):
    """The first restart is the run without others; it wins for some pairs and loses for others."""
    indices = range(8)
    views = [image[:1].expand(8, -1, -1, -1) for image in images]
    wanted = target[:1].expand(8, -1, -1, -1)
    once, thrice = (
        PerImageAttack(small_network, EPSILON, replace(SHORT["pgd"], restarts=n))(*views, indices, wanted)
        for n in (1, 3)
    )
    gains = [a - b for a, b in zip(*(losses(small_network, v, wanted) for v in (thrice, once)), strict=True)]
    assert min(gains) == 0
    assert max(gains) > 0


def test_own_target_is_the_clean_prediction_plus_unit_noise(small_network, images):
    small_network, images = small_network.double(), [image.double() for image in images]
    attack = PerImageAttack(small_network, EPSILON, PER_IMAGE_ATTACKS["fgsm"], seed=2)
    pairs = [[image[i : i + 1] for image in images] for i in range(2)]
    noise = [torch.randn(1, 1, 32, 64, generator=torch_generator(2, "per-image attack", i)) for i in (4, 6)]
    target = torch.cat([small_network.predict(*pair) + n for pair, n in zip(pairs, noise, strict=True)])
    for view, expected in zip(attack(*images, [4, 6]), attack(*images, [4, 6], target), strict=True):
        torch.testing.assert_close(view, expected, rtol=0, atol=1e-9)


def test_pixels_without_ground_truth_do_not_count(small_network, images):
    unknown = torch.zeros(2, 1, 32, 64)
    assert same(PerImageAttack(small_network, EPSILON, SHORT["mdi2fgsm"])(*images, [0, 1], unknown), images)


@pytest.mark.parametrize("training", [True, False])
def test_network_is_left_as_it_was(small_network, images, training):
    small_network.train(training)
    before = {name: value.clone() for name, value in small_network.state_dict().items()}
    PerImageAttack(small_network, EPSILON, SHORT["ifgsm"])(*images, [0, 1])
    assert all(torch.equal(before[name], value) for name, value in small_network.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in small_network.parameters())
    assert {module.training for module in small_network.modules()} == {training}


def test_network_that_predicts_nan_is_an_error_that_names_the_image(small_network, images):
    with torch.no_grad():
        small_network.dres0[0][0].weight.fill_(float("nan"))
    with pytest.raises(SupError, match="nan on image 12; check weights"):
        PerImageAttack(small_network, EPSILON, SHORT["ifgsm"])(*images, [12, 13], torch.ones(2, 1, 32, 64))


def test_every_pair_needs_its_index(small_network, images):
    with pytest.raises(ValueError, match="shorter"):
        PerImageAttack(small_network, EPSILON, SHORT["fgsm"])(*images, [0])


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"restarts": 0}, {"alpha_of_epsilon": 0.0}, {"momentum": -1.0}, {"diversity_probability": 1.5}],
)
def test_impossible_options_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PerImageOptions(**wrong)


@pytest.mark.parametrize("wrong", [{"momentum": 0.5}, {"alpha_of_epsilon": 0.1}])
def test_an_adaptive_attack_takes_no_steps_of_others(wrong):
    with pytest.raises(ValueError, match="leave out momentum and alpha_of_epsilon"):
        PerImageOptions(adaptive=True, **wrong)


def test_shares_may_be_whole():
    PerImageOptions(momentum=1.0, diversity_probability=1.0)


@pytest.mark.parametrize("epsilon", [0, 1.5, float("nan")])
def test_epsilon_must_be_a_share_of_the_range(small_network, epsilon):
    with pytest.raises(ValueError, match="epsilon must be in"):
        PerImageAttack(small_network, epsilon, PER_IMAGE_ATTACKS["fgsm"])


def test_a_study_may_take_fewer_steps_of_the_same_length():
    assert per_image_options("pgd") == PER_IMAGE_ATTACKS["pgd"]
    assert per_image_options("pgd", 3) == replace(PER_IMAGE_ATTACKS["pgd"], steps=3)
    assert per_image_options("fgsm", 3) == PER_IMAGE_ATTACKS["fgsm"]
