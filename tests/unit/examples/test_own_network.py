"""The example of a network of one's own."""

import pytest
import torch

from supcore.attack import UniversalAttack
from supcore.networks import build_network
from supcore.perturbation import StereoPerturbation

NAME = "examples.own_network:TinyCorrelation"


@pytest.mark.parametrize("size", [(32, 64), (31, 63)])
def test_disparities_have_the_size_of_the_images_and_stay_in_range(size):
    output = build_network(NAME, max_disparity=16)(*torch.rand(2, 2, 3, *size))
    assert output.disparity.shape == (2, 1, *size)
    assert 0 <= output.disparity.min() <= output.disparity.max() <= 15


def test_correlation_is_largest_at_the_shift_of_the_right_view():
    from examples.own_network import correlation

    features = torch.randn(1, 8, 4, 40, generator=torch.Generator().manual_seed(0))
    scores = correlation(features[..., :30], features[..., 5:35], 10)  # the right view shows everything 5 further left
    assert (scores.argmax(1)[..., 10:] == 5).all()


def test_it_can_be_attacked(images):
    sup = StereoPerturbation((16, 16), (32, 64), 0.05)
    attack = UniversalAttack(build_network(NAME), sup, alpha=0.01, generator=torch.Generator().manual_seed(0))
    attack.step(*images)
    assert 0 < sup.left.abs().max() <= 0.05


def test_impossible_maximum_names_the_option():
    from supcore.errors import SupError

    with pytest.raises(SupError, match="max_disparity must be even"):
        build_network(NAME, max_disparity=15)
