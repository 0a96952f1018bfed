"""Errors on held-out pairs: the metrics of every pair, averaged over pairs and networks."""

import pytest
import torch

from supcore.attack.validation import SupValidator
from supcore.data.dataset import to_unit_range
from supcore.metrics import d1_error, end_point_error
from supcore.perturbation import StereoPerturbation


@pytest.fixture(scope="module")
def pairs(make_pairs):
    return make_pairs(3, seed=2, without_truth=(1,))


@pytest.fixture
def sup():
    """Random tiles at their bound."""
    sup = StereoPerturbation((8, 16), (32, 64), 0.02)
    sup.left, sup.right = 0.02 * torch.randn(2, 3, 8, 16, generator=torch.Generator().manual_seed(0)).sign()
    return sup


def errors_of(network, sup, pairs):
    """Mean errors of one network; pair 1 has no ground truth."""
    errors = {"d1_clean": [], "epe_clean": [], "d1_ground_truth": [], "epe_ground_truth": []}
    for number, pair in enumerate(pairs):
        views = [to_unit_range(view)[None] for view in (pair.left, pair.right)]
        clean, attacked = network.predict(*views), network.predict(*sup(*views))
        references = {"clean": clean} if number == 1 else {"clean": clean, "ground_truth": pair.disparity[None]}
        for name, reference in references.items():
            errors[f"d1_{name}"].append(float(d1_error(attacked, reference)))
            errors[f"epe_{name}"].append(float(end_point_error(attacked, reference)))
    return {name: sum(values) / len(values) for name, values in errors.items()}


def test_they_are_the_metrics_over_pairs_with_ground_truth(small_network, sup, pairs):
    """A pair without ground truth counts for the error against clean predictions only."""
    assert SupValidator([small_network], pairs)(sup) == pytest.approx(errors_of(small_network, sup, pairs), rel=1e-9)


def test_those_of_an_ensemble_are_the_means_over_its_networks(make_small_network, sup, pairs):
    networks = [make_small_network(seed=0), make_small_network(seed=1)]
    first, second = (errors_of(network, sup, pairs) for network in networks)
    assert first != second
    means = {name: (first[name] + second[name]) / 2 for name in first}
    assert SupValidator(networks, pairs)(sup) == pytest.approx(means, rel=1e-9)


def test_batches_change_them_by_rounding_only(small_network, sup, pairs):
    """Two pairs, then one."""
    one_by_one, in_batches = (SupValidator([small_network], pairs, batch=batch)(sup) for batch in (1, 2))
    for name, value in one_by_one.items():
        assert value > 0, name
        assert in_batches[name] == pytest.approx(value, abs=0.1 if name.startswith("d1") else 1e-4), name
