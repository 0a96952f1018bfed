"""Curves of the transfer table: error against epsilon, by source of the perturbation."""

import pandas as pd
from matplotlib.figure import Figure

from supcore.reporting.labels import CLEAN, NOISE, label, ordered, source_label
from supcore.reporting.line_panels import line_panels, series_looks
from supcore.reporting.selection import choose_size, reference_note, usable_rows
from supcore.reporting.style import source_colors, styled


@styled
def error_against_epsilon(
    table: pd.DataFrame,
    dataset: str,
    *,
    reference: str = "ground_truth",
    size: str | None = None,
    metric: str = "d1",
) -> Figure:
    """Error against epsilon, one panel per attacked network and one line per source, averaged over seeds.

    Bands are 95 % bootstrap intervals over images, the dotted line is random noise, dashed lines with open
    markers are the published values.

    Args:
        table: transfer table.
        dataset: data set shown.
        reference: "ground_truth", or "clean" as for data sets without it.
        size: size of the perturbations; by default the one that most sources have.
        metric: "d1" (percent) or "epe" (pixels).

    Raises:
        SupError: the table has no such rows.
    """
    shown = usable_rows(table, reference, dataset)
    size = choose_size(shown, size)
    shown = shown[(shown["size"] == size) | (shown["source"] == CLEAN)]
    sources = [source for source in ordered(shown["source"]) if source != CLEAN]
    panels = {
        label(target): {
            source_label(source): shown[(shown["target"] == target) & shown["source"].isin([CLEAN, source])]
            for source in sources
        }
        for target in ordered(shown["target"])
    }
    looks = series_looks(map(source_label, sources))
    for source, color in source_colors(sources).items():
        if source in sources:
            looks[source_label(source)] |= {"color": color, "linestyle": ":" if source == NOISE else "-"}
    note = reference_note(shown) if reference == "ground_truth" else ""
    title = ", ".join(filter(None, [label(dataset), f"{size} perturbations", note]))
    return line_panels(panels, looks, x="epsilon", x_label="ε", metric=metric, title=title)
