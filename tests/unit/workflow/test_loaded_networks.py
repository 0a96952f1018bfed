"""What a job loads to attack it or to predict with."""

from dataclasses import dataclass

from torch import nn

from supcore.networks import build_network, save_weights
from supcore.networks.base import StereoNetwork
from supcore.workflow.jobs.networks import load_network
from tests.conftest import SMALL


class Foreign(StereoNetwork):
    """Its author may use a part of ``layers`` by itself, which the library cannot know."""

    def __init__(self, options=None):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 1, 1), nn.BatchNorm2d(1))

    def estimate(self, left, right, *, finest_only, **options):
        return [self.layers(left)]

    def loss(self, output, target):
        return output.disparity.sum()


@dataclass(frozen=True)
class ForeignOptions:
    """None."""


def loaded(tmp_path, architecture, **options):
    path = tmp_path / "weights.safetensors"
    save_weights(build_network(architecture, **options), path)
    wanted = {"architecture": architecture, "options": options, "precision": "float32"}
    return load_network(wanted, str(path), "cpu")


def norms(network):
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def test_batch_norm_is_folded_into_the_librarys_own_networks(tmp_path):
    assert not norms(loaded(tmp_path, "psmnet", **SMALL))


def test_a_foreign_network_stays_as_its_author_wrote_it(tmp_path):
    assert norms(loaded(tmp_path, f"{__name__}:Foreign"))
