"""The figure of each study."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from supcore.errors import SupError
from supcore.reporting.comparison import STUDY_LABELS, with_published
from supcore.reporting.curves import size_curves
from supcore.reporting.published import PublishedResults
from supcore.reporting.selection import average_seeds
from supcore.reporting.study_bars import class_bars, corruption_bars, design_bars, per_image_bars
from supcore.reporting.study_lines import finetuning_curves, sampling_curves
from supcore.reporting.study_tables import beside_universal
from supcore.reporting.transfer_studies import by_network

_FIGURES = {
    "corruptions": corruption_bars,
    "classes": class_bars,
    "sampling_efficiency": sampling_curves,
    "per_image": per_image_bars,
    "finetuning": finetuning_curves,
}


def study_figure(
    study: str,
    table: pd.DataFrame | None,
    transfer: pd.DataFrame,
    published: PublishedResults,
    dataset: str,
    settings: Mapping[str, Any],
) -> Figure:
    """The figure of a study on one data set, with respect to ground truth.

    Args:
        study: a study of the configuration, or ``tile_sizes``.
        table: its table; None for ``tile_sizes``.
        transfer: transfer table, for sizes, for the single networks of a design, and for the SUPs beside
            per-image attacks.
        published: the paper's numbers, set beside ours.
        dataset: data set shown.
        settings: of the study in the configuration.

    Raises:
        SupError: the table has no such rows.
    """
    if table is None:
        return size_curves(transfer, dataset)
    if study in STUDY_LABELS:
        table = with_published(study, average_seeds(table, STUDY_LABELS[study]), published)
    if study == "per_image":
        table = beside_universal(table, transfer)
    shown = _truth(table, dataset)
    if shown.empty:
        raise SupError(f"study {study}: no rows for {dataset} against ground truth; evaluate it before drawing")
    if study == "robust_design":
        return design_bars(shown, _truth(by_network(transfer, settings["designs"]), dataset))
    return _FIGURES[study](shown)


def _truth(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    return table[(table["dataset"] == dataset) & (table["reference"] == "ground_truth")]
