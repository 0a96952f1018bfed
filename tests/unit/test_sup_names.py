"""Sizes and epsilons of SUPs as they stand in configurations and paths."""

import pytest

from supcore.errors import SupError
from supcore.sup_names import epsilon_text, tile_size


@pytest.mark.parametrize(("size", "expected"), [("tile64", (64, 64)), ("tile32x64", (32, 64)), ("full", (256, 640))])
def test_tile_size(size, expected):
    assert tile_size(size, (256, 640)) == expected


@pytest.mark.parametrize("size", ["tile", "tilex4", "64", "tile64x", "Full", "tile64 "])
def test_tile_size_of_anything_else_is_refused(size):
    with pytest.raises(SupError, match="neither 'full' nor like"):
        tile_size(size, (256, 640))


@pytest.mark.parametrize(
    ("epsilon", "text"),
    [
        (0.02, "0.02"),
        (0.005, "0.005"),
        (0.00002, "0.00002"),
        (0.1 + 0.2, "0.3"),
        (0.5, "0.5"),
        (1, "1"),
    ],
)
def test_epsilon_in_paths_is_the_shortest_decimal(epsilon, text):
    """1e-05 in one place and 0.00001 in another would be two folders."""
    assert epsilon_text(epsilon) == text
    assert float(text) == pytest.approx(epsilon)
