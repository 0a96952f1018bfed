"""Batch-norm that is frozen, and statistics taken over processes (here: over one) or over groups of pairs."""

import copy

import pytest
import torch
import torch.distributed as dist

from supcore.training import train_stereo
from supcore.training.batch_norm import (
    GroupedBatchNorm,
    SynchronisedBatchNorm,
    freeze_batch_norm,
    replaced_batch_norm,
    training_statistics,
)

pytestmark = pytest.mark.thorough

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
    target = torch.full((2, 1, 32, 64), 5.0)
    with replaced_batch_norm(synchronised, SynchronisedBatchNorm.of):
        assert any(isinstance(module, SynchronisedBatchNorm) for module in synchronised.modules())
        synchronised.loss(synchronised(*images), target).backward()
    plain.loss(plain(*images), target).backward()
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
    with replaced_batch_norm(synchronised, SynchronisedBatchNorm.of):
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


class TestGroups:
    """Five pairs in two groups: pairs 0, 2, 4 and pairs 1, 3."""

    @pytest.fixture
    def values(self):
        return 3 * torch.randn(5, 4, 2, 6, generator=torch.Generator().manual_seed(0)) + 1

    def normalized(self, values, groups, network):
        with training_statistics(network, groups, 1):
            return network(values)

    def test_each_has_the_result_of_a_batch_of_its_own(self, values):
        network = torch.nn.Sequential(torch.nn.BatchNorm2d(4))
        found = self.normalized(values, 2, network)
        for first in (0, 1):
            alone = torch.nn.BatchNorm2d(4)(values[first::2])
            torch.testing.assert_close(found[first::2], alone)
        assert not torch.allclose(found, self.normalized(values, 1, network), atol=1e-2)

    def test_running_statistics_follow_the_first(self, values):
        """As those of the first GPU of the release's DataParallel."""
        network, expected = torch.nn.Sequential(torch.nn.BatchNorm2d(4)), torch.nn.BatchNorm2d(4)
        self.normalized(values, 2, network)
        expected(values[::2])
        for name, value in expected.state_dict().items():
            assert torch.equal(network.state_dict()[f"0.{name}"], value)

    def test_may_be_more_than_pairs(self, values):
        found = self.normalized(values, 8, torch.nn.Sequential(torch.nn.BatchNorm2d(4)))
        torch.testing.assert_close(found.mean((2, 3)), torch.zeros(5, 4), atol=1e-5, rtol=0)

    def test_are_the_same_for_every_number_of_processes(self, values):
        """A process has every second pair of the batch, so one of two groups."""
        network = torch.nn.Sequential(torch.nn.BatchNorm2d(4))
        whole = self.normalized(values, 4, network)
        for rank in (0, 1):
            with training_statistics(network, 4, 2):
                torch.testing.assert_close(network(values[rank::2]), whole[rank::2])

    def test_are_those_of_the_options(self, make_small_network, pairs, passes, tmp_path):
        results = {}
        for groups in (1, 2):
            network = make_small_network()
            train_stereo(network, pairs, passes(batch_norm_groups=groups), checkpoint=tmp_path / f"{groups}.pt")
            assert not any(isinstance(module, GroupedBatchNorm) for module in network.modules())
            assert not any(module.training for module in network.modules())
            results[groups] = network.state_dict()["dres0.0.1.running_var"]
        assert not torch.allclose(results[1], results[2], rtol=1e-3)
