"""Untrained networks start as the release's do."""

import math

import pytest
import torch

from supcore.networks import build_network

# Standard deviation of the first weights of the published architectures, from the release's rule: normal with variance
# 2 / (kernel volume × outputs) for every convolution, the deformable kernels aside: uniform within ±1 / sqrt(9 inputs),
# as PyTorch's own start, which the biases and transposed convolutions keep.
NORMAL = {
    "psmnet_deform25": {
        "feature_extraction.firstconv.0.0": 0.0833,
        "feature_extraction.layer2.0.downsample.0": 0.1768,
        "feature_extraction.layer4.2.conv2.0.offset_conv": 0.0642,
        "dres0.0.0": 0.0481,
        "classif3.2": 0.2722,
    },
    "psmnet_deform25_patchmatch": {
        "feature_extraction.firstconv.0.0": 0.0833,
        "feature_extraction.layer4.2.conv2.0.offset_conv": 0.0642,
        "min_disparity_predictor.conv1.0": 0.0481,
        "dres0.0.0": 0.0340,
        "dres1.1.0": 0.0680,
        "cost_aggregator.dres0.0.0": 0.0340,
        "ca_features_conv.0": 0.0943,
        "min_disparity_features_conv.0": 0.0756,
        "ca_disparity_conv.0": 0.2828,
    },
}
UNIFORM = {
    "feature_extraction.layer1.0.conv2.0.deform_conv": 0.0340,
    "feature_extraction.layer4.2.conv2.0.deform_conv": 0.0170,
}
CASES = [(name, layer, std, 2) for name, rows in NORMAL.items() for layer, std in rows.items()]
CASES += [(name, layer, std, 4 / 5) for name in NORMAL for layer, std in UNIFORM.items()]


@pytest.fixture(scope="module")
def networks():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return {name: build_network(name) for name in NORMAL}


@pytest.mark.parametrize(("name", "layer", "std", "spread"), CASES)
def test_weights_have_the_release_s_standard_deviation(networks, name, layer, std, spread):
    """Within four standard errors, which for n values are sqrt(spread / n) / 2 of it (spread: kurtosis - 1)."""
    weight = networks[name].state_dict()[f"{layer}.weight"]
    tolerance = 4 * math.sqrt(spread / weight.numel()) / 2
    assert float(weight.square().mean().sqrt()) == pytest.approx(std, rel=tolerance + 0.002)


@pytest.mark.parametrize("name", NORMAL)
def test_offsets_start_without_bias(networks, name):
    biases = {key: value for key, value in networks[name].state_dict().items() if key.endswith("offset_conv.bias")}
    assert len(biases) == 25
    assert not any(value.any() for value in biases.values())


def test_convolutions_of_disparities_and_features_are_drawn_biases_included(networks):
    state = networks["psmnet_deform25_patchmatch"].state_dict()
    for layer in ("ca_disparity_conv.0", "ca_features_conv.0"):
        assert state[f"{layer}.bias"].all()
        assert state[f"{layer}.weight"].all()


def test_disparity_smoothing_may_start_as_the_identity():
    network = build_network("deeppruner", identity_smoothing=True)
    disparity = 50 * torch.rand(1, 1, 8, 9, generator=torch.Generator().manual_seed(0))
    for smoothing in (network.min_disparity_conv, network.max_disparity_conv, network.ca_disparity_conv):
        assert torch.equal(smoothing(disparity), disparity)
