"""The example of a network from another package, wrapped: its own range of intensities, names and checkpoint."""

import pytest
import torch

from supcore.attack import UniversalAttack
from supcore.errors import SupError
from supcore.networks import build_network, load_weights
from supcore.perturbation import StereoPerturbation

NAME = "examples.foreign_network:Wrapped"


@pytest.fixture
def checkpoint(tmp_path):
    """The foreign module, and a file as its authors might have written it."""
    from examples.foreign_network import BlockMatcher

    torch.manual_seed(3)
    foreign = BlockMatcher(16)
    torch.save({"epoch": 7, "weights": foreign.state_dict()}, tmp_path / "foreign.pth")
    return foreign, tmp_path / "foreign.pth"


@pytest.mark.parametrize("reading", [{}, {"key": "weights", "prefix": "net."}], ids=["found", "told"])
def test_it_computes_what_the_foreign_module_computes(checkpoint, reading, images):
    foreign, file = checkpoint
    network = build_network(NAME, max_disparity=16)
    load_weights(network, file, **reading)
    expected = foreign(*(255 * view for view in images))
    torch.testing.assert_close(network.predict(*images)[:, 0], expected.detach(), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        ({}, "holds several state dicts, weights, average; name one by its key"),
        ({"key": "model"}, "holds no state dict under 'model'; it has epoch, weights, average"),
        ({"key": "average", "prefix": "network."}, "missing entries, e.g. net.filters.weight"),
    ],
)
def test_what_is_not_said_is_asked_for(checkpoint, reading, message):
    foreign, file = checkpoint
    state = foreign.state_dict()
    torch.save({"epoch": 7, "weights": state, "average": state}, file)
    with pytest.raises(SupError, match=message):
        load_weights(build_network(NAME, max_disparity=16), file, **reading)


def test_weights_of_another_network_are_refused_whatever_their_names_begin_with(checkpoint):
    foreign, file = checkpoint
    torch.save({**foreign.state_dict(), "head.weight": torch.zeros(1)}, file)
    with pytest.raises(SupError, match=r"2 missing entries, e.g. net\.filters\.weight"):
        load_weights(build_network(NAME, max_disparity=16), file)


def test_it_can_be_attacked(images):
    sup = StereoPerturbation((16, 16), (32, 64), 0.05)
    attack = UniversalAttack(build_network(NAME), sup, alpha=0.01, generator=torch.Generator().manual_seed(0))
    attack.step(*images)
    assert 0 < sup.left.abs().max() <= 0.05
