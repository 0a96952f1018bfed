"""Statistics of networks tell right from wrong arithmetic, and every network has stored ones."""

import math

import pytest

from supcore.installation.checksums import SIZES, SMALLEST, derived_tolerances, problem, statistics, stored
from supcore.networks import NETWORKS
from supcore.networks.registry import NetworkEntry
from tests.conftest import SMALL

STORED = {"mean": 50.0, "loss": 4.0}
TOLERANCES = {"mean": 0.01, "loss": 0.001}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", SIZES)
def test_every_network_has_stored_statistics(name, size):
    found = stored(name, size)
    assert found, "run python -m supcore.installation.checksums with the network's name"
    values, tolerances = found
    assert all(math.isfinite(value) and value > 0 for value in values.values())
    assert values.keys() == tolerances.keys()
    assert min(tolerances.values()) >= SMALLEST


@pytest.mark.parametrize("factor", [0.98, 1.02, math.nan, math.inf, -1])
def test_another_value_is_a_problem(factor):
    assert problem({"mean": 50.0 * factor, "loss": 4.0}, STORED, TOLERANCES).startswith("mean is ")
    assert problem({"mean": 50.0, "loss": 4.0 * factor}, STORED, TOLERANCES).endswith("instead of 4")


def test_rounding_is_no_problem():
    assert problem({"mean": 50.4, "loss": 3.997}, STORED, TOLERANCES) is None


@pytest.mark.parametrize(
    "change", [{"align_corners": True}, {"pooling_sizes": (8, 4, 2, 2)}, {"deformable_layers": (3,)}], ids=str
)
def test_a_network_that_computes_something_else_is_found(change, monkeypatch):
    """Far beyond the tolerance, so that it need not be narrow; the same network agrees with itself."""

    def small(**options):
        monkeypatch.setitem(NETWORKS, "small", NetworkEntry("supcore.networks.psmnet", "PSMNet", {**SMALL, **options}))
        return statistics("small", (64, 128))

    expected = small()
    tolerances = derived_tolerances("small", (64, 128))
    assert problem(small(), expected, tolerances) is None
    assert problem(small(**change), expected, tolerances)
