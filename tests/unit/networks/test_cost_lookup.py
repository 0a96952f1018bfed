"""What iterative networks read and how they enlarge a map, against loops over the definitions."""

import pytest
import torch
import torch.nn.functional as F

from supcore.networks.cost_lookup import CostPyramid, all_pairs_correlation, convex_upsampling

CELLS = 11  # odd: the next level drops the last one


@pytest.fixture
def volume():
    return torch.randn(2, 3, 4, 2, CELLS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def read(row, position):
    """Linear interpolation of a list at a real position, zero outside."""
    lower = int(position // 1)
    share = position - lower
    value = [float(row[i]) if 0 <= i < len(row) else 0.0 for i in (lower, lower + 1)]
    return (1 - share) * value[0] + share * value[1]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_window_interpolates_and_is_zero_outside(volume, level):
    """At the border half a cell counts in part; far away and exactly on a cell, too."""
    places = [-1000.0, -6.0, -0.25, 0.0, 3.0, 4.75, 9.5, 10.0, 10.5, 14.0, 17.25, 1e6]
    position = torch.tensor(places, dtype=torch.float64).repeat(2).view(2, 1, 3, 4)
    window = CostPyramid(volume, 3, radius=2).window(position, level)
    assert window.shape == (2, 2 * 5, 3, 4)
    costs = volume
    for _ in range(level):
        pairs = costs.shape[-1] // 2
        costs = costs[..., : 2 * pairs].unflatten(-1, (pairs, 2)).mean(-1)
    for n, y, x in torch.cartesian_prod(torch.arange(2), torch.arange(3), torch.arange(4)).tolist():
        middle = float(position[n, 0, y, x]) / 2**level
        expected = [read(costs[n, y, x, c], middle + d) for c in range(2) for d in range(-2, 3)]
        torch.testing.assert_close(window[n, :, y, x], torch.tensor(expected, dtype=torch.float64))


def test_gradient_reaches_the_costs_and_no_position(volume):
    position = (12 * torch.rand(2, 1, 3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)) - 1
    position.requires_grad_()

    def windows(costs):
        pyramid = CostPyramid(costs, 2, radius=1)
        return torch.cat([pyramid.window(position, level) for level in range(2)], dim=1)

    volume.requires_grad_()
    assert torch.autograd.gradcheck(windows, volume)
    windows(volume).sum().backward()
    assert position.grad is None


def test_positions_that_are_no_numbers_do_not_stop_a_run(volume):
    """A network that diverges shows it by its disparities, not by an index out of range."""
    position = torch.full((2, 1, 3, 4), float("nan"), dtype=torch.float64)
    position[1] = float("inf")
    assert CostPyramid(volume, 1, radius=2).window(position, 0).isnan().all()


def test_correlation_is_the_product_of_every_pair_in_a_row():
    left, right = torch.randn(2, 2, 5, 3, 4, generator=torch.Generator().manual_seed(0))
    volume = all_pairs_correlation(left, right)
    assert volume.shape == (2, 3, 4, 1, 4)
    for x in range(4):
        for other in range(4):
            expected = (left[..., x] * right[..., other]).sum(1)
            torch.testing.assert_close(volume[:, :, x, 0, other], expected)


def test_fine_pixels_are_convex_combinations_of_nine_coarse_ones():
    """Row by row, zero outside; the weights sum to 1."""
    random = torch.Generator().manual_seed(0)
    disparity = torch.rand(2, 1, 3, 4, generator=random)
    logits = torch.randn(2, 9, 3, 2, 4, 2, generator=random)
    result = convex_upsampling(disparity, logits)
    assert result.shape == (2, 1, 6, 8)
    padded = F.pad(disparity, (1, 1, 1, 1))
    for y in range(6):
        for x in range(8):
            weights = logits[:, :, y // 2, y % 2, x // 2, x % 2].softmax(1)
            neighbors = padded[:, 0, y // 2 : y // 2 + 3, x // 2 : x // 2 + 3].flatten(1)
            torch.testing.assert_close(result[:, 0, y, x], (weights * neighbors).sum(1))
