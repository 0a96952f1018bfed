"""Semi-global matching on a volume: every direction, the right view's check, gaps, whole volumes."""

import numpy as np
import pytest
import torch

from supcore.networks.semi_global import (
    aggregate,
    agrees,
    fill_from_background,
    lowest,
    seen_from_the_right,
    semi_global_disparity,
)

NAN = torch.nan
SMALL, LARGE = 0.3, 0.7


def random_costs(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def path_by_path(costs):
    """Equation 13 of the paper, pixel by pixel: H×W×D."""
    height, width, disparities = costs.shape
    change = np.abs(np.subtract.outer(np.arange(disparities), np.arange(disparities)))
    price = np.select([change == 0, change == 1], [0, SMALL], LARGE)
    total = np.zeros_like(costs)
    for down, right in [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]:
        paths = np.zeros_like(costs)
        rows, columns = (range(n)[:: -1 if step < 0 else 1] for n, step in ((height, down), (width, right)))
        for y in rows:
            for x in columns:
                before = (y - down, x - right)
                paths[y, x] = costs[y, x]
                if 0 <= before[0] < height and 0 <= before[1] < width:
                    paths[y, x] += (paths[before] + price).min(axis=1) - paths[before].min()
        total += paths
    return total


@pytest.mark.parametrize("shape", [(4, 6, 5), (5, 3, 1), (1, 1, 4)])
def test_costs_of_all_paths_are_those_of_the_paper(shape):
    costs = random_costs(2, *shape)
    expected = np.stack([path_by_path(c) for c in costs.numpy()])
    np.testing.assert_allclose(aggregate(costs, SMALL, LARGE).numpy(), expected, rtol=1e-12)


def test_lowest_cost_lies_on_a_parabola_and_at_the_ends_on_a_whole_pixel():
    at = torch.arange(5.0)
    costs = torch.stack([(at - 2.25) ** 2, at, -at, torch.ones(5)])
    assert lowest(costs).tolist() == [2.25, 0, 4, 0]


def test_beside_an_impossible_disparity_the_lowest_cost_lies_on_a_whole_pixel():
    assert lowest(torch.tensor([[3.0, 1.0, torch.inf], [torch.inf, 1.0, 3.0]])).tolist() == [1, 1]


def test_costs_are_read_at_the_right_view_s_columns():
    costs = random_costs(1, 2, 5, 3)
    moved = seen_from_the_right(costs)
    assert torch.equal(moved[0, :, 1, 2], costs[0, :, 3, 2])
    assert moved[0, :, 3, 1].isfinite().all()
    assert moved[0, :, 4, 1].isinf().all()


def test_a_disparity_counts_where_the_right_view_confirms_it():
    left = torch.tensor([[[1.0, 1.0, 2.0, 1.7, 2.0]]])
    right = torch.tensor([[[1.0, 1.4, 4.0, 0.0, 0.0]]])
    assert agrees(left, right).tolist() == [[[False, True, True, True, False]]]


def test_gaps_take_the_background_beside_them():
    sparse = torch.tensor([[NAN, 5, NAN, NAN, 2, NAN], [NAN] * 6, [1, 1, NAN, 9, 9, 9]])
    filled = [[5, 5, 2, 2, 2, 2], [1, 1, 1, 2, 2, 2], [1, 1, 1, 9, 9, 9]]
    assert fill_from_background(sparse[None]).tolist() == [filled]
    assert (fill_from_background(torch.full((2, 3), NAN)) == 0).all()


def test_what_the_right_view_does_not_confirm_is_filled():
    """Left column 5 matches right column 2 well at a disparity of 3, but left column 2 does better."""
    costs = torch.ones(1, 1, 8, 4)
    costs[..., 0] = 0.0
    costs[:, :, 5] = torch.tensor([1.0, 1.0, 1.0, 0.5])
    assert lowest(costs)[0, 0, 5] == 3
    assert semi_global_disparity(costs, 1e-6, 2e-6).flatten().tolist() == [0.0] * 8


def test_a_noisy_volume_gives_the_two_planes_behind_it():
    """Of which the nearer one hides a part of the other; neither is found without the penalties."""
    truth = torch.full((1, 24, 40), 3)
    truth[:, 8:16, 16:30] = 7
    noise = random_costs(1, 24, 40, 12)
    costs = (torch.nn.functional.one_hot(truth, 12) == 0) * 0.4 + 0.8 * noise
    found = semi_global_disparity(costs, 0.2, 1.0)
    assert found.shape == (1, 1, 24, 40)
    assert found.isfinite().all()
    wrong = ((found.squeeze(1) - truth).abs() > 1).double()
    assert wrong[..., 7:].mean() < 0.05
    assert ((lowest(costs) - truth).abs() > 1).double().mean() > 0.3
