"""RAFT-Stereo and IGEV-Stereo at reduced width: iterations, gradients, memory, frozen batch norm, weights, training."""

import pytest
import torch
import torch.nn.functional as F

from supcore.errors import SupError
from supcore.networks import StereoOutput, build_network, load_weights, save_weights
from supcore.networks.losses import sequence_loss
from tests.unit.networks.small import SMALL, training_losses, untrained

pytestmark = pytest.mark.thorough

NAMES = ["raft_stereo", "raft_stereo_realtime", "raft_stereo_rvc", "igev_stereo"]
FAMILIES = ["raft_stereo", "igev_stereo"]


def small(name, **options):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_network(name, **{**SMALL[name], **options})


def views(height=64, width=64, batch=1):
    return torch.rand(2, batch, 3, height, width, generator=torch.Generator().manual_seed(3)).unbind()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(64, 64), (33, 50), (1, 95)])
def test_every_map_has_the_size_of_the_images(name, size):
    network = untrained(name)
    output = network(*views(*size, batch=2))
    maps = (output.disparity, *output.auxiliary)
    assert [tuple(d.shape) for d in maps] == [(2, 1, *size)] * (4 if name == "igev_stereo" else 3)
    assert torch.equal(network.predict(*views(*size, batch=2)), output.disparity)


@pytest.mark.parametrize("name", NAMES)
def test_training_has_iterations_of_its_own(name):
    network = small(name, iterations=3, training_iterations=1)
    first = 1 if name == "igev_stereo" else 0
    assert len(network(*views()).auxiliary) == 2 + first
    assert len(network.train()(*views()).auxiliary) == first


@pytest.mark.parametrize("name", NAMES)
def test_published_iterations(name):
    with torch.device("meta"):
        network = build_network(name)
    assert network.iterations == (7 if name == "raft_stereo_realtime" else 32)
    assert network.train().iterations == 22


@pytest.mark.parametrize("name", FAMILIES)
def test_more_iterations_go_on_where_fewer_end(name):
    """A warm start that changed the first ones would show here."""
    short, long = small(name, iterations=2), small(name, iterations=3)
    output = long(*views())
    torch.testing.assert_close(output.auxiliary[-1], short.predict(*views()), atol=1e-5, rtol=0)
    assert (output.disparity - output.auxiliary[-1]).abs().max() > 1e-3


@pytest.mark.parametrize("name", FAMILIES)
def test_no_gradient_passes_through_the_disparity_of_an_iteration(name):
    """With states that forget everything, the last map depends on the step before through its disparity alone."""
    network = small(name, iterations=2)
    seen = []

    def step(states, disparity):
        assert not disparity.requires_grad
        seen.append(weight * (disparity + 1))
        return [states[0].detach()], seen[-1]

    weight = torch.ones((), requires_grad=True)
    zero = torch.zeros(1, 1, 2, 3)
    last, first = network.refine(zero, [zero], step, lambda disparity, state: disparity, finest_only=False)
    assert (last.mean().item(), first.mean().item()) == (3.0, 1.0)
    (gradient,) = torch.autograd.grad(last.mean(), weight)
    assert gradient == 2  # of the second change alone; with the first one's it would be 4


@pytest.mark.parametrize("name", FAMILIES)
def test_recomputing_iterations_changes_nothing_but_memory(name):
    gradients = []
    for recompute in (False, True):
        network = small(name, recompute=recompute)
        left, right = (view.clone().requires_grad_() for view in views())
        network.loss(network(left, right), torch.full((1, 1, 64, 64), 5.0)).backward()
        gradients.append([left.grad, right.grad, *(p.grad for p in network.parameters() if p.grad is not None)])
    assert len(gradients[0]) == len(gradients[1]) > 20
    assert all(map(torch.equal, *gradients))


@pytest.mark.parametrize("name", NAMES)
def test_frozen_weights_still_give_gradients_of_both_images(name):
    network = untrained(name).requires_grad_(False)
    left, right = (view.clone().requires_grad_() for view in views())
    network.loss(network(left, right), torch.full((1, 1, 64, 64), 5.0)).backward()
    for view in (left, right):
        assert view.grad.isfinite().all()
        assert (view.grad != 0).float().mean() > 0.9


@pytest.mark.parametrize("name", FAMILIES)
def test_training_lowers_the_loss_and_leaves_statistics_of_2d_batch_norm_alone(name):
    """As the authors train: of IGEV-Stereo, the statistics of the volume's batch norm do move."""
    network = small(name, iterations=2).train()
    wide = F.interpolate(views(8, 10, batch=2)[0], scale_factor=8, mode="bilinear")
    left, right = wide[..., :64], wide[..., 12:76]
    target = torch.full((2, 1, 64, 64), 12.0)
    before = {key: value.clone() for key, value in network.state_dict().items() if "running" in key}
    losses = training_losses(network, left, right, target, rate=2e-3, steps=4)
    assert losses[-1] < 0.9 * losses[0]
    state = network.state_dict()
    moved = {key.partition(".")[0] for key, value in before.items() if not torch.equal(value, state[key])}
    assert moved == ({"corr_stem", "cost_agg"} if name == "igev_stereo" else set())


@pytest.mark.parametrize("name", FAMILIES)
def test_weights_round_trip_with_norms_that_have_two_names(name, tmp_path):
    network = untrained(name)
    save_weights(network, tmp_path / "own.safetensors")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        other = build_network(name, **SMALL[name])
    assert load_weights(other, tmp_path / "own.safetensors") == []
    assert torch.equal(other.predict(*views()), network.predict(*views()))


def test_two_names_of_a_norm_are_one_tensor_and_the_last_one_is_loaded(tmp_path):
    network = untrained("raft_stereo")
    state = {key: value.clone() for key, value in network.state_dict().items()}
    state["cnet.layer2.0.norm3.weight"] += 1
    torch.save({f"module.{key}": value for key, value in state.items()}, tmp_path / "released.pth")
    load_weights(network, tmp_path / "released.pth")
    loaded = network.state_dict()
    assert torch.equal(loaded["cnet.layer2.0.norm3.weight"], state["cnet.layer2.0.downsample.1.weight"])
    assert torch.equal(loaded["cnet.layer2.0.downsample.1.weight"], state["cnet.layer2.0.downsample.1.weight"])


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("raft_stereo", "base_channels", 3),
        ("raft_stereo", "iterations", 0),
        ("raft_stereo", "training_iterations", 0),
        ("raft_stereo", "halvings", 4),
        ("raft_stereo", "gru_levels", 1),
        ("raft_stereo", "correlation_levels", 0),
        ("raft_stereo", "correlation_radius", 0),
        ("raft_stereo", "context_norm", "layer"),
        ("igev_stereo", "base_channels", 0),
        ("igev_stereo", "iterations", -1),
        ("igev_stereo", "max_disparity", 48),
        ("igev_stereo", "correlation_levels", 0),
    ],
)
def test_errors_name_the_option(name, option, value):
    with pytest.raises(SupError, match=f"network {name}: {option}"):
        build_network(name, **{option: value})


def test_images_too_narrow_for_the_pyramid_are_refused():
    with pytest.raises(SupError, match="correlation_levels 4 need images of at least 64 px width, got 32 after"):
        untrained("raft_stereo_realtime").predict(*views(64, 32))


def test_sequence_loss_weighs_later_maps_more():
    target = torch.tensor([[[[10.0, 0.0], [20.0, float("nan")]]]])
    maps = [torch.full_like(target, value) for value in (0.0, 6.0, 12.0)]
    decay = 0.9**7.5
    expected = decay**2 * (10 + 20) / 2 + decay * (4 + 14) / 2 + (2 + 8) / 2
    assert sequence_loss(maps, target, target > 0).item() == pytest.approx(expected)
    assert sequence_loss(maps[2:], target, target > 0).item() == pytest.approx(5)
    assert sequence_loss(maps, target, target > 99).item() == 0


def test_losses_count_ground_truth_in_their_range():
    """RAFT-Stereo has no largest disparity and leaves out 700 px and more; IGEV-Stereo's is that of its volume."""
    target = torch.tensor([[[[10.0, 0.0, -3.0], [64.0, float("nan"), 700.0]]]])
    maps = (torch.full_like(target, 12.0), torch.full_like(target, 11.0))
    raft = untrained("raft_stereo").loss(StereoOutput(maps[1], maps[:1]), target)
    assert raft.item() == pytest.approx((1 + 53) / 2 + 0.9**15 * (2 + 52) / 2)
    igev = untrained("igev_stereo").loss(StereoOutput(maps[1], maps[:1]), target)
    assert igev.item() == pytest.approx(1 + (2 - 0.5))
