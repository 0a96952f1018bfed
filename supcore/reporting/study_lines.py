"""Curves of the studies: sampling efficiency and adversarial fine-tuning."""

import pandas as pd
from matplotlib.figure import Figure

from supcore.reporting.labels import CLEAN, format_epsilon, label, ordered
from supcore.reporting.line_panels import line_panels, series_looks
from supcore.reporting.matrix import distinct
from supcore.reporting.selection import choose_size, groups
from supcore.reporting.style import styled


@styled
def sampling_curves(shown: pd.DataFrame) -> Figure:
    """D1 of a network under its own SUP against the number of training samples, one panel per size and epsilon.

    Args:
        shown: rows of the study's table for one data set and reference, averaged over seeds, with the paper's numbers.
    """
    sources = ordered(shown["source"])
    panels = {
        f"{size} SUPs, ε = {format_epsilon(epsilon)}": {
            label(source): rows[rows["source"] == source] for source in sources if source in set(rows["source"])
        }
        for (size, epsilon), rows in groups(shown, ["size", "epsilon"])
    }
    looks = series_looks(map(label, sources))
    title = label(shown["dataset"].iloc[0])
    return line_panels(panels, looks, x="samples", x_label="training samples", metric="d1", title=title)


@styled
def finetuning_curves(shown: pd.DataFrame, size: str | None = None) -> Figure:
    """D1 under the own SUP against epsilon before and after adversarial fine-tuning, one panel per network.

    Args:
        shown: rows of the study's table for one data set and reference, averaged over seeds, with the paper's numbers.
        size: size of the perturbations; by default tile64 where present.
    """
    size = choose_size(shown, size)
    own = shown[(shown["source"] == CLEAN) | ((shown["source"] == shown["target"]) & (shown["size"] == size))]
    conditions = distinct(own, "condition")
    panels = {
        label(target): {
            label(condition): own[(own["target"] == target) & (own["condition"] == condition)]
            for condition in conditions
        }
        for target in ordered(own["target"])
    }
    looks = series_looks(map(label, conditions))
    title = f"{label(own['dataset'].iloc[0])}, own {size} SUPs"
    return line_panels(panels, looks, x="epsilon", x_label="ε", metric="d1", title=title)
