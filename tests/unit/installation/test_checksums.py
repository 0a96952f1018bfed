"""Statistics of networks tell right from wrong arithmetic, and every network has stored ones."""

import math

import pytest
import torch

from supcore.installation.checksums import SIZES, SMALLEST, derived_tolerances, problem, statistics, stored
from supcore.networks import NETWORKS
from supcore.networks.registry import NetworkEntry
from tests.conftest import SMALL

pytestmark = pytest.mark.thorough

STORED = {"mean": 50.0, "loss": 4.0}
WIDE = {**SMALL, "base_channels": 16, "max_disparity": 32}  # gradients get through; the target of 20 px counts
TOLERANCES = {"mean": 0.01, "loss": 0.001}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", SIZES)
def test_every_network_has_stored_statistics(name, size):
    found = stored(name, size)
    assert found, "run python -m supcore.installation.checksums with the network's name"
    values, tolerances = found
    assert all(math.isfinite(value) and value != 0 for value in values.values())
    assert values.keys() == tolerances.keys()
    assert min(tolerances.values()) >= SMALLEST


@pytest.mark.parametrize("factor", [0.98, 1.02, math.nan, math.inf, -1])
def test_another_value_is_a_problem(factor):
    assert problem({"mean": 50.0 * factor, "loss": 4.0}, STORED, TOLERANCES).startswith("mean is ")
    assert problem({"mean": 50.0, "loss": 4.0 * factor}, STORED, TOLERANCES).endswith("instead of 4")


def test_rounding_is_no_problem():
    assert problem({"mean": 50.4, "loss": 3.997}, STORED, TOLERANCES) is None


@pytest.mark.parametrize("change", [{"align_corners": True}, {"deformable_layers": (3,)}], ids=str)
def test_a_network_that_computes_something_else_is_found(change, monkeypatch):
    """Far beyond the tolerance, so that it need not be narrow; the same network agrees with itself."""

    def small(**options):
        monkeypatch.setitem(NETWORKS, "small", NetworkEntry("supcore.networks.psmnet", "PSMNet", {**WIDE, **options}))
        return statistics("small", (64, 128))

    expected = small()
    tolerances = derived_tolerances("small", (64, 128))
    assert problem(small(), expected, tolerances) is None
    assert problem(small(**change), expected, tolerances)


@pytest.mark.parametrize("options", [{}, {"deformable_layers": (3, 4)}], ids=str)
def test_statistics_do_not_depend_on_how_a_network_is_initialized(options, monkeypatch):
    """Biases come from PyTorch's global generator."""
    monkeypatch.setitem(NETWORKS, "small", NetworkEntry("supcore.networks.psmnet", "PSMNet", {**WIDE, **options}))
    results = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        results.append(statistics("small", (64, 128)))
    assert results[0] == results[1]
