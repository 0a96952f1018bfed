"""One look for all figures, and saving them with reproducible bytes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from supcore.errors import SupError
from supcore.files import atomic_path
from supcore.reporting.labels import CLEAN, NOISE, ordered

COLUMN_WIDTH = 3.5
PAGE_WIDTH = 7.16

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # shipped with matplotlib: the same letters on every machine
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.5,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,
    "svg.hashsalt": "supcore",
}

# As a decorator: draws a function's figure in this style and leaves the caller's settings alone.
styled = matplotlib.rc_context(STYLE)

_METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None},
    ".png": {"Software": None},
    ".svg": {"Date": None},
}


def panel_grid(panels: int, at_most: int = 3) -> tuple[int, int, float]:
    """Rows and columns of so many panels, evenly filled, and the width of their figure in inches."""
    rows = -(-panels // at_most)
    columns = -(-panels // rows)
    return rows, columns, COLUMN_WIDTH if columns == 1 else PAGE_WIDTH


def source_colors(sources: Iterable[str]) -> dict[str, Any]:
    """Color of each source: grays for the controls, a color-blind safe palette for the networks."""
    names = ordered(sources)
    return {CLEAN: "0.75", NOISE: "0.45"} | series_colors(name for name in names if name not in (CLEAN, NOISE))


def series_colors(names: Iterable[str]) -> dict[str, Any]:
    """Color of each name in its order, from a color-blind safe palette."""
    import seaborn as sns  # slow to import, and the pictures do without it

    names = list(names)
    return dict(zip(names, sns.color_palette("colorblind", max(len(names), 1)), strict=False))


@styled
def save_figure(figure: Figure, paths: Iterable[str | Path]) -> None:
    """Write a figure to each path, in the format of its suffix (.pdf, .png or .svg).

    The files hold no date, so the same figure gives the same bytes.

    Raises:
        SupError: the suffix is not one of the three, or the file cannot be written.
    """
    for path in map(Path, paths):
        if path.suffix not in _METADATA:
            raise SupError(f"{path}: figures are written as .pdf, .png or .svg; choose one of these suffixes")
        with atomic_path(path) as temporary:
            figure.savefig(temporary, metadata=_METADATA[path.suffix])
