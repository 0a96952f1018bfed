"""Batch-norm that is frozen, and statistics taken over processes (here: over one)."""

import copy

import pytest
import torch
import torch.distributed as dist

from supcore.training import train_stereo
from supcore.training.batch_norm import freeze_batch_norm, synchronise_batch_norm

COUNTER = "dres0.0.1.num_batches_tracked"  # of forward passes in training mode


@pytest.fixture
def one_process(tmp_path):
    """A group with this process as its only member."""
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def test_synchronised_batch_norm_is_batch_norm(make_small_network, images, one_process):
    plain = make_small_network().train()
    synchronised = copy.deepcopy(plain)
    synchronise_batch_norm(synchronised)
    assert "SynchronisedBatchNorm" in {type(module).__name__ for module in synchronised.modules()}
    target = torch.full((2, 1, 32, 64), 5.0)
    for network in (plain, synchronised):
        network.loss(network(*images), target).backward()
    ours, theirs = (dict(network.named_parameters()) for network in (synchronised, plain))
    assert list(ours) == list(theirs)
    largest = max(float(p.grad.abs().max()) for p in plain.parameters() if p.grad is not None)
    for name, parameter in theirs.items():
        torch.testing.assert_close(ours[name].grad, parameter.grad, atol=1e-5 * largest, rtol=1e-4)
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(synchronised.state_dict()[name], value, atol=1e-6, rtol=1e-6)


def test_synchronised_batch_norm_is_plain_in_evaluation_mode(make_small_network, images, one_process):
    plain = make_small_network()
    synchronised = copy.deepcopy(plain)
    synchronise_batch_norm(synchronised)
    assert torch.equal(synchronised.predict(*images), plain.predict(*images))


def statistics(network):
    return {k: v.clone() for k, v in network.state_dict().items() if "running" in k or "tracked" in k}


def test_frozen_batch_norm_keeps_its_statistics_and_learns_its_weights(make_small_network, images):
    network = make_small_network().train()
    freeze_batch_norm(network)
    before = statistics(network)
    network.loss(network(*images), torch.full((2, 1, 32, 64), 5.0)).backward()
    assert all(torch.equal(value, before[name]) for name, value in statistics(network).items())
    assert network.dres0[0][1].weight.grad.abs().sum() > 0


def test_training_freezes_batch_norm_from_the_given_epoch_on(make_small_network, pairs, passes, tmp_path):
    counts = {}
    for epoch in (0, 1, None):
        network = make_small_network()
        before = statistics(network)
        options = passes(freeze_batch_norm_from=epoch)
        train_stereo(network, pairs, options, checkpoint=tmp_path / f"{epoch}.pt")
        counts[epoch] = int(network.state_dict()[COUNTER] - before[COUNTER])
    assert counts == {0: 0, 1: 3, None: 6}
