"""Random resizing and padding of a stereo pair with its disparity."""

import pytest
import torch

from supcore.attack.diversity import resize_and_pad

SIZE = (40, 80)


def generator(seed):
    return torch.Generator().manual_seed(seed)


def extent(mask):
    """First and one past the last row and column where the H×W mask is true; it must be a full rectangle."""
    rows, columns = (mask.any(dim).nonzero().flatten() for dim in (1, 0))
    (top, bottom), (start, end) = ((int(i[0]), int(i[-1]) + 1) for i in (rows, columns))
    assert mask[top:bottom, start:end].all()
    return top, bottom, start, end


@pytest.mark.parametrize("seed", range(20))
def test_target_is_scaled_by_the_ratio_of_widths_and_invalid_in_the_padding(seed):
    views, target = resize_and_pad(torch.ones(2, 3, *SIZE), torch.full((1, 1, *SIZE), 8.0), generator(seed))
    assert views.shape == (2, 3, *SIZE)
    assert torch.equal(views[0], views[1])
    top, bottom, start, end = extent(views[0, 0] > 0)
    assert 0.9 * SIZE[0] <= bottom - top <= SIZE[0]
    assert 0.9 * SIZE[1] <= end - start <= SIZE[1]
    assert extent(target[0, 0] != 0) == (top, bottom, start, end)
    torch.testing.assert_close(target[0, 0, top, start], torch.tensor(8.0 * (end - start) / SIZE[1]))


def test_sizes_and_places_vary():
    ones, target = torch.ones(2, 3, *SIZE), torch.ones(1, 1, *SIZE)
    seen = {extent(resize_and_pad(ones, target, generator(seed))[0][0, 0] > 0) for seed in range(20)}
    assert len(seen) > 15


def test_sides_are_between_nine_tenths_and_the_whole():
    """Both ends occur, and so does every place of the rest."""
    ones, target = torch.ones(2, 3, *SIZE), torch.ones(1, 1, *SIZE)
    extents = [extent(resize_and_pad(ones, target, generator(seed))[0][0, 0] > 0) for seed in range(300)]
    heights, widths = ([e[end] - e[start] for e in extents] for start, end in ((0, 1), (2, 3)))
    assert (min(heights), max(heights)) == (36, 40)
    assert (min(widths), max(widths)) == (72, 80)
    assert max(e[0] for e in extents) == 4
    assert max(e[2] for e in extents) == 8


@pytest.mark.parametrize("seed", range(5))
def test_disparity_is_that_of_the_nearest_pixel_centre(seed):
    """Counted from the centers, as the images are resized; from the corners it would lag by half a pixel."""
    code = torch.arange(1.0, 1 + SIZE[0] * SIZE[1]).view(1, 1, *SIZE)
    _, moved = resize_and_pad(torch.ones(2, 3, *SIZE), code, generator(seed))
    top, bottom, start, end = extent(moved[0, 0] > 0)
    rows, columns = bottom - top, end - start
    y = ((torch.arange(rows, dtype=torch.float64) + 0.5) * SIZE[0] / rows).long()
    x = ((torch.arange(columns, dtype=torch.float64) + 0.5) * SIZE[1] / columns).long()
    expected = code[0, 0][y][:, x] * (columns / SIZE[1])
    torch.testing.assert_close(moved[0, 0, top:bottom, start:end], expected)


def test_target_moves_with_the_left_view():
    """Away from the edges of a painted box, the left view still shows what the target says there."""
    target = torch.full((1, 1, *SIZE), 2.0)
    target[..., 10:30, 20:50] = 6.0
    views, moved = resize_and_pad(target.expand(2, 3, *SIZE), target, generator(3))
    _, _, start, end = extent(moved[0, 0] > 0)
    ratio = (end - start) / SIZE[1]
    expected = views[0, 0] * ratio
    off = (moved[0, 0] - expected).abs() > 1e-5
    box = extent(moved[0, 0] > 5 * ratio)
    assert ratio < 1
    assert off.sum() <= 2 * 2 * ((box[1] - box[0]) + (box[3] - box[2])) + 8
    inside = (slice(box[0] + 2, box[1] - 2), slice(box[2] + 2, box[3] - 2))
    torch.testing.assert_close(moved[0, 0][inside], expected[inside])


def test_a_corresponding_point_stays_on_its_row_at_the_scaled_disparity():
    """A bright column at x = 50 on the left and 42 on the right: their distance shrinks with the width."""
    views = torch.zeros(2, 3, *SIZE)
    views[0, ..., 50], views[1, ..., 42] = 1.0, 1.0
    moved, target = resize_and_pad(views, torch.full((1, 1, *SIZE), 8.0), generator(5))
    columns = torch.arange(SIZE[1], dtype=torch.float32)
    row = moved[:, 0, SIZE[0] // 2]
    left, right = (row * columns).sum(1) / row.sum(1)
    assert float(left - right) == pytest.approx(float(target.max()), abs=0.3)


def test_gradients_reach_both_views():
    views = torch.rand(2, 3, *SIZE, generator=generator(0), requires_grad=True)
    moved, _ = resize_and_pad(views, torch.ones(1, 1, *SIZE), generator(1))
    moved.sum().backward()
    assert (views.grad.flatten(1).abs().sum(1) > 0).all()
