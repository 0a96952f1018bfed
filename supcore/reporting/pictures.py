"""Pictures of perturbations, and of what they do to one stereo pair."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from supcore.reporting.style import PAGE_WIDTH, styled
from supcore.sup_names import epsilon_text

Image = NDArray[np.floating]

_INVALID_COLOR = "0.75"
_SPECTRUM_FLOOR = -60.0


@styled
def sup_preview(
    left_tile: ArrayLike,
    right_tile: ArrayLike,
    epsilon: float,
    *,
    left_image: ArrayLike | None = None,
    right_image: ArrayLike | None = None,
    image_size: tuple[int, int] = (256, 640),
) -> Figure:
    """A perturbation: its two tiles centered on gray, tiled over the image, and their amplitude spectra.

    Args:
        left_tile: 3×h×w perturbation of the left image, values in [-epsilon, epsilon].
        right_tile: the same for the right image.
        epsilon: bound of the perturbation; gray levels span [-epsilon, epsilon].
        left_image: 3×H×W image in [0,1] that is shown perturbed; without it the tiles are laid out on gray.
        right_image: the same for the right image.
        image_size: height and width to lay the tiles out on where no image is given.
    """
    height, width = image_size if left_image is None else np.asarray(left_image).shape[-2:]
    figure = Figure(figsize=(PAGE_WIDTH, 3.5), layout="constrained")
    ratios = (1.0, width / height, 1.0)
    grid = figure.subplots(2, 3, width_ratios=ratios)
    sides = (("left", left_tile, left_image), ("right", right_tile, right_image))
    for axes, (side, tile, image) in zip(grid, sides, strict=True):
        tile = np.asarray(tile, dtype=float)
        square = tile.shape[-2] == tile.shape[-1]
        tiled = _laid_out(tile, (height, width))
        shown = _on_grey(tiled, epsilon) if image is None else np.clip(np.asarray(image) + tiled, 0, 1)
        _show(axes[0], _on_grey(_square(tile), epsilon), f"{side} tile" if square else f"{side}, detail")
        _show(axes[1], shown, f"{side}, tiled" if image is None else f"{side} image, perturbed")
        axes[2].imshow(_spectrum(tile), vmin=_SPECTRUM_FLOOR, vmax=0, cmap="viridis", extent=(-0.5, 0.5, -0.5, 0.5))
        _frame(axes[2], f"{side} spectrum")
    grid[1, 2].set_xlabel("±0.5 cycles per pixel", fontsize=7)
    bar = figure.colorbar(grid[0, 2].images[0], ax=grid[:, 2], shrink=0.9)
    bar.set_label("amplitude (dB of maximum)")
    figure.suptitle(f"ε = {epsilon_text(epsilon)}, gray levels span ±ε", fontsize=8)
    return figure


@styled
def qualitative_panel(
    left: ArrayLike,
    right: ArrayLike,
    sup_left_tiled: ArrayLike,
    clean_disparity: ArrayLike,
    attacked_disparity: ArrayLike,
    ground_truth: ArrayLike,
    max_disparity: float,
    title: str = "",
) -> Figure:
    """One stereo pair, its perturbation, the disparities with and without it, and their errors.

    Without ground truth, the change of the disparity stands in place of it and of the errors.

    Args:
        left: 3×H×W perturbed left image in [0,1], as the network sees it.
        right: 3×H×W perturbed right image in [0,1].
        sup_left_tiled: 3×H×W perturbation of the left image, shown centered on gray and scaled to its maximum.
        clean_disparity: H×W disparity of the clean pair in px.
        attacked_disparity: H×W disparity of the perturbed pair in px.
        ground_truth: H×W disparity in px; 0 or NaN where unknown, shown gray.
        max_disparity: upper end of the disparity color scale in px.
        title: above the panel.
    """
    clean, attacked, truth = (
        np.squeeze(np.asarray(array, dtype=float)) for array in (clean_disparity, attacked_disparity, ground_truth)
    )
    truth = np.where(truth > 0, truth, np.nan)
    perturbation = np.asarray(sup_left_tiled, dtype=float)
    bound = float(np.abs(perturbation).max())
    height, width = clean.shape
    known = bool(np.isfinite(truth).any())
    rows = 4 if known else 3
    figure = Figure(figsize=(PAGE_WIDTH, rows * (0.5 * PAGE_WIDTH - 0.4) * height / width + 1.1), layout="constrained")
    figure.suptitle(title, fontsize=8)
    grid = figure.subplots(rows, 2)
    _show(grid[0, 0], np.asarray(left), "left image, perturbed")
    _show(grid[0, 1], np.asarray(right), "right image, perturbed")
    _show(grid[1, 0], _on_grey(perturbation, bound or 1.0), f"left perturbation (±{bound:.3g})")
    disparities = [(grid[2, 0], "disparity, clean", clean), (grid[2, 1], "disparity, attacked", attacked)]
    errors = [(grid[1, 1], "change of the disparity", np.abs(attacked - clean))]
    if known:
        disparities.insert(0, (grid[1, 1], "ground truth", truth))
        maps = (("error, clean", clean), ("error, attacked", attacked))
        errors = [(axes, name, np.abs(shown - truth)) for axes, (name, shown) in zip(grid[3], maps, strict=True)]
    _maps(figure, disparities, list(grid[1:3].flat if known else grid[2]), "viridis", max_disparity, "disparity (px)")
    limit = _error_limit([error for _, _, error in errors])
    label = "error (px)" if known else "change (px)"
    _maps(figure, errors, list(grid[3] if known else grid[1]), "magma", limit, label)
    return figure


def _maps(
    figure: Figure,
    panels: Sequence[tuple[Axes, str, Image]],
    beside: Sequence[Axes],
    colors: str,
    limit: float,
    label: str,
) -> None:
    """Maps with one scale, and its bar beside them."""
    for axes, title, values in panels:
        shown = _map(axes, values, title, colors, limit)
    aspect = 30 if len(panels) > 2 else 15
    figure.colorbar(shown, ax=beside, aspect=aspect, fraction=0.03, extend="max", label=label)


def _laid_out(tile: Image, size: tuple[int, int]) -> Image:
    repeats = [-(-length // part) for length, part in zip(size, tile.shape[-2:], strict=True)]
    return np.tile(tile, (1, *repeats))[:, : size[0], : size[1]]


def _square(tile: Image) -> Image:
    side = min(tile.shape[-2:])
    return tile[:, :side, :side]


def _on_grey(perturbation: Image, bound: float) -> Image:
    return np.clip(0.5 + perturbation / (2 * bound), 0, 1)


def _spectrum(tile: Image) -> Image:
    amplitude = np.abs(np.fft.fftshift(np.fft.fft2(tile), axes=(-2, -1))).mean(axis=0)
    relative = amplitude / (amplitude.max() or 1.0)
    return 20 * np.log10(np.maximum(relative, 10 ** (_SPECTRUM_FLOOR / 20)))


def _error_limit(errors: list[Image]) -> float:
    known = np.concatenate([error[np.isfinite(error)] for error in errors])
    # 3 px is D1's threshold: a scale that ends below it would make small errors look large.
    return max(3.0, float(np.percentile(known, 99))) if known.size else 3.0


def _show(axes: Axes, image: Image, title: str) -> None:
    axes.imshow(np.moveaxis(image, 0, -1), interpolation="none")
    _frame(axes, title)


def _map(axes: Axes, values: Image, title: str, colors: str, limit: float) -> AxesImage:
    axes.set_facecolor(_INVALID_COLOR)
    drawn = axes.imshow(np.ma.masked_invalid(values), vmin=0, vmax=limit, cmap=colors, interpolation="none")
    _frame(axes, title)
    return drawn


def _frame(axes: Axes, title: str) -> None:
    axes.set_title(title, pad=2)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
