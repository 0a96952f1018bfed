"""All figures, and saving them."""

from supcore.reporting.bars import transfer_bars
from supcore.reporting.curves import error_against_epsilon
from supcore.reporting.heatmap import transfer_heatmap
from supcore.reporting.pictures import qualitative_panel, sup_preview
from supcore.reporting.style import save_figure

__all__ = [
    "error_against_epsilon",
    "qualitative_panel",
    "save_figure",
    "sup_preview",
    "transfer_bars",
    "transfer_heatmap",
]
