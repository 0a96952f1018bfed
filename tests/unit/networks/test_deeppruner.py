import pytest
import torch

from supcore.errors import SupError
from supcore.networks import NETWORKS, StereoOutput, build_network
from supcore.networks.disparity_samples import matching_volume, search_range, uniform_samples, warp_right, whole_samples
from supcore.networks.losses import masked_quantile
from supcore.networks.patch_match import patch_match, shift_similarity
from tests.unit.networks.small import training_losses

SMALL = {
    "deeppruner": {"pooling_sizes": (8, 4, 2, 1)},
    "deeppruner_fast": {"pooling_sizes": (8, 4, 2)},
    "psmnet_deform25_patchmatch": {"pooling_sizes": (8, 4, 2, 1)},
}
HALVES = ["deeppruner", "deeppruner_fast"]


def small(name="deeppruner", **options):
    settings = {"base_channels": 4, "block_counts": (1, 1, 1, 1), "max_disparity": 32, **SMALL[name], **options}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_network(name, **settings)


def images(height=32, width=64, batch=1, seed=0):
    left, right = torch.rand(2, batch, 3, height, width, generator=torch.Generator().manual_seed(seed))
    return left, right


def shifted_pair(height, width, disparity, batch=1):
    canvas = torch.rand(batch, 3, height, width + disparity, generator=torch.Generator().manual_seed(1))
    return canvas[..., :width], canvas[..., disparity:]


def maps(output):
    return (output.disparity, *output.auxiliary)


@pytest.mark.parametrize("name", SMALL)
def test_registered(name):
    options = NETWORKS[name].defaults
    assert options.get("deformable_layers", ()) == ((1, 2, 3, 4) if "deform25" in name else ())
    network = small(name)
    assert network.padding_unit == (64 if name == "deeppruner_fast" else 32)
    assert network.pads_full_block
    assert not network.training
    assert any("deform_conv" in key for key in network.state_dict()) == ("deform25" in name)


@pytest.mark.parametrize("name", SMALL)
def test_prediction_is_deterministic_and_leaves_the_global_stream_alone(name):
    network, pair = small(name), images()
    before = torch.get_rng_state()
    first = network.predict(*pair)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng():
        torch.manual_seed(17)
        assert torch.equal(network.predict(*pair), first)
    assert torch.equal(network(*pair).disparity, first)


def test_every_image_of_a_batch_gets_the_same_positions():
    left, right = (image.expand(2, -1, -1, -1) for image in images())
    network = small()
    first, second = network.predict(left, right)
    assert torch.equal(first, second)
    first, second = network.predict(left, right, generator=torch.Generator().manual_seed(3))
    assert not torch.equal(first, second)


def test_noise_seed_and_generator_change_the_prediction():
    pair = images()
    network = small()
    default = network.predict(*pair)
    assert not torch.equal(small(noise_seed=1).predict(*pair), default)
    generator = torch.Generator().manual_seed(5)
    first, second = network.predict(*pair, generator=generator), network.predict(*pair, generator=generator)
    assert not torch.equal(first, second)
    assert torch.equal(network.predict(*pair, generator=torch.Generator().manual_seed(5)), first)


def test_redrawn_positions_differ_between_images_and_depend_on_nothing_else():
    network, (left, right), (other, _) = small(redraw=True), images(), images(seed=1)
    assert torch.equal(network.predict(left, right), network.predict(left, right))
    for drawn in zip(
        *(network._positions(torch.cat((left, shown)), None, None) for shown in (left, other, left + 1e-3)), strict=True
    ):
        same, changed, nudged = drawn
        assert torch.equal(same[0], same[1])
        assert torch.equal(same[0], changed[0])
        assert not torch.equal(changed[0], changed[1])
        assert not torch.equal(nudged[0], nudged[1])


@pytest.mark.parametrize(("name", "size"), [("deeppruner", (16, 24)), ("deeppruner_fast", (8, 16))])
def test_noise_takes_the_place_of_the_generator(name, size):
    network, pair = small(name), images(batch=2)
    generator = torch.Generator().manual_seed(5)
    noise = [torch.rand(2, count, *size, generator=generator) for count in (12, 7)]
    expected = network.predict(*pair, generator=torch.Generator().manual_seed(5))
    assert torch.equal(network.predict(*pair, noise=noise), expected)


def test_wrong_random_arguments_are_refused():
    network, pair = small(), images()
    noise = [torch.rand(1, count, 16, 24) for count in (12, 7)]
    with pytest.raises(ValueError, match="exclude each other"):
        network.predict(*pair, noise=noise, generator=torch.Generator())
    for wrong in (noise[:1], noise[::-1], [n[..., 1:] for n in noise]):
        with pytest.raises(ValueError, match=r"noise must have the shapes .*12, 16, 24"):
            network.predict(*pair, noise=wrong)
    with pytest.raises(TypeError, match="no option nosie"):
        network.predict(*pair, nosie=noise)


def test_uniform_sampler_needs_no_second_draw():
    network, pair = small(post_crp_sampler="uniform"), images()
    first, second, third = (torch.rand(1, count, 16, 24) for count in (12, 7, 7))
    assert torch.equal(network.predict(*pair, noise=(first, second)), network.predict(*pair, noise=(first, third)))
    published = small()
    assert not torch.equal(network.predict(*pair), published.predict(*pair))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("base_channels", 5),
        ("base_channels", 0),
        ("block_counts", (1, 1, 1)),
        ("block_counts", (1, 0, 1, 1)),
        ("pooling_sizes", ()),
        ("pooling_sizes", (16, 8, 4, 2, 1)),
        ("pooling_sizes", (8, 0)),
        ("max_disparity", 30),
        ("max_disparity", 0),
        ("matching_scale", 2),
        ("deformable_layers", (0,)),
        ("intervals", 0),
        ("range_samples", 0),
        ("patch_match_iterations", 0),
        ("post_crp_sampler", "random"),
    ],
)
def test_impossible_options_are_named(option, value):
    with pytest.raises(SupError, match=f"deeppruner: {option} must"):
        build_network("deeppruner", **{option: value})


def test_too_small_images_are_refused():
    network = small(pooling_sizes=(16, 8, 4, 2), extra_padding_block=False)
    with pytest.raises(ValueError, match=r"pooling_sizes .* at least 64 px"):
        network.predict(*images(32, 64))


@pytest.mark.parametrize("extra", [True, False])
@pytest.mark.parametrize("name", HALVES)
def test_every_size_works(name, extra):
    network = small(name, extra_padding_block=extra)
    for size in ((1, 1), (32, 64), (33, 95), (64, 67)):
        pair = images(*size)
        output = network(*pair)
        assert len(output.auxiliary) == (4 if name == "deeppruner_fast" else 3)
        for disparity in maps(output):
            assert disparity.shape == (1, 1, *size)
            assert disparity.isfinite().all()
            assert disparity.min() >= 0


@pytest.mark.parametrize("name", HALVES)
def test_loss_without_ground_truth_is_zero(name):
    network = small(name).train()
    left, right = images(batch=2)
    output = network(left, right)
    for target in (torch.zeros(2, 1, 32, 64), torch.full((2, 1, 32, 64), float("nan"))):
        loss = network.loss(output, target)
        assert loss == 0
        gradients = torch.autograd.grad(loss, maps(output), retain_graph=True)
        assert all((gradient == 0).all() for gradient in gradients)


@pytest.mark.parametrize(("name", "weights"), [("deeppruner", (1.3, 1.0)), ("deeppruner_fast", (1.6, 1.3, 1.0))])
def test_loss_weights(name, weights):
    target = torch.tensor([[[[10.0, 0.0, -1.0, 20.0]]]])
    # Each map is 2 px below the target: smooth-L1 1.5, quantile losses 0.95 * 2 and 0.05 * 2.
    wrong, exact = target - 2, target.clone()
    count = len(weights) + 2
    terms = [1.5 * w for w in weights] + [0.7 * 1.5 + 0.95 * 2, 0.7 * 1.5 + 0.05 * 2]
    for k, expected in enumerate(terms):
        finest, *others = (wrong if k == i else exact for i in range(count))
        loss = small(name).loss(StereoOutput(finest, tuple(others)), target)
        torch.testing.assert_close(loss, torch.tensor(expected))


def test_masked_quantile_ignores_the_rest():
    disparity = torch.tensor([1.0, 5.0, 3.0], requires_grad=True)
    target = torch.tensor([3.0, 1.0, float("nan")])
    loss = masked_quantile(disparity, target, torch.tensor([True, True, False]), 0.25)
    torch.testing.assert_close(loss, torch.tensor((2 * 0.25 + 4 * 0.75) / 2))
    loss.backward()
    torch.testing.assert_close(disparity.grad, torch.tensor([-0.125, 0.375, 0.0]))


@pytest.mark.parametrize("name", SMALL)
def test_gradients_reach_images_and_every_parameter(name):
    network = small(name).train()
    left, right = (image.requires_grad_() for image in images(batch=2))
    network.loss(network(left, right), torch.full((2, 1, 32, 64), 9.0)).backward()
    for tensor in (left, right, *network.parameters()):
        assert tensor.grad is not None
        assert tensor.grad.isfinite().all()
    assert left.grad.abs().sum() > 0
    assert right.grad.abs().sum() > 0


@pytest.mark.parametrize("name", HALVES)
def test_small_network_learns(name):
    network = small(name, base_channels=8).train()
    left, right = shifted_pair(32, 64, 12, batch=2)
    target = torch.full((2, 1, 32, 64), 12.0)
    losses = training_losses(network, left, right, target, rate=3e-3, steps=8)
    assert losses[-1] < 0.7 * losses[0]


def test_patch_match_stays_in_its_intervals():
    left, right = torch.randn(2, 2, 4, 9, 15, generator=torch.Generator().manual_seed(0))
    noise = torch.rand(2, 4, 9, 15, generator=torch.Generator().manual_seed(1))
    lower, upper = torch.full((2, 1, 9, 15), 1.5), torch.full((2, 1, 9, 15), 8.5)
    samples = patch_match(shift_similarity(left, right, 9), lower, upper, noise)
    starts = 1 + 2 * torch.arange(4).view(4, 1, 1)
    assert (samples >= starts - 1e-4).all()
    assert (samples <= starts + 2 + 1e-4).all()


def test_patch_match_finds_a_shift():
    canvas = torch.randn(1, 16, 24, 48, generator=torch.Generator().manual_seed(0))
    left, right = canvas[..., :40], canvas[..., 6:46]
    noise = torch.rand(1, 1, 24, 40, generator=torch.Generator().manual_seed(1))
    lower = torch.zeros(1, 1, 24, 40)
    inside = (slice(None), slice(None), slice(None), slice(6, None))

    def hits(samples):
        return ((samples[inside].ceil() - 6).abs() < 1).float().mean()

    similarity = shift_similarity(left, right, 12)
    found = patch_match(similarity, lower, lower + 12, noise, iterations=6)
    assert hits(noise * 12) < 0.15
    assert hits(found) > 0.6


def test_warp_right_reads_the_sampled_column():
    right = torch.arange(1.0, 6.0).view(1, 1, 1, 5).expand(1, 2, 3, 5)
    samples = torch.tensor([0, 2, 9]).view(1, 3, 1, 1).expand(1, 3, 3, 5)
    warped = warp_right(right, samples)
    expected = torch.tensor([[1.0, 2, 3, 4, 5], [0, 0, 1, 2, 3], [0, 0, 0, 0, 0]])
    assert torch.equal(warped, expected.view(1, 1, 3, 1, 5).expand(1, 2, 3, 3, 5))
    volume = matching_volume(right, right, samples, right[:, :1])
    assert volume.shape == (1, 6, 3, 3, 5)
    assert torch.equal(volume[:, 4], samples.float())


def test_search_range_is_ordered_and_wide_enough():
    first, second = 12 * torch.rand(2, 1, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    lower, upper = search_range(first, second, 5, 12)
    assert (lower >= 0).all()
    assert (upper <= 12).all()
    assert (lower <= torch.minimum(first, second)).all()
    assert (upper >= torch.maximum(first, second)).all()
    assert ((upper - lower >= 5 - 1e-4) | (upper == 12)).all()
    samples = whole_samples(lower, uniform_samples(lower, upper, 3), upper)
    assert samples.shape == (1, 5, 20, 20)
    assert (samples.diff(dim=1) >= 0).all()
