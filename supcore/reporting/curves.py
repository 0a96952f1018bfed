"""Curves of the transfer table: error against epsilon, by source and by size of the perturbation."""

import pandas as pd
from matplotlib.figure import Figure

from supcore.errors import SupError
from supcore.reporting.labels import CLEAN, NOISE, label, ordered, size_key, source_label
from supcore.reporting.line_panels import line_panels, series_looks
from supcore.reporting.selection import choose_size, is_attack, usable_rows
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
        reference: "ground_truth" or "clean".
        size: size of the perturbations; by default tile64 where present.
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
    title = f"{label(dataset)}, {size} perturbations"
    return line_panels(panels, looks, x="epsilon", x_label="ε", metric=metric, title=title)


@styled
def size_curves(table: pd.DataFrame, dataset: str, *, reference: str = "ground_truth", metric: str = "d1") -> Figure:
    """Error against epsilon by the size of the perturbation, for the sources of SUPs in several sizes.

    One panel per source and attacked network; bands and dashed lines as in :func:`error_against_epsilon`.

    Args:
        table: transfer table.
        dataset: data set shown.
        reference: "ground_truth" or "clean".
        metric: "d1" (percent) or "epe" (pixels).

    Raises:
        SupError: no source has several sizes.
    """
    shown = usable_rows(table, reference, dataset)
    sizes_of = shown[is_attack(shown)].groupby("source")["size"].agg(lambda sizes: sorted(set(sizes), key=size_key))
    several = {source: sizes for source, sizes in sizes_of.items() if len(sizes) > 1}
    if not several:
        raise SupError(f"transfer table: no source has SUPs of several sizes on {dataset}; add some to its sizes")
    panels = {}
    for source in ordered(map(str, several)):
        for target in ordered(shown["target"]):
            on = shown[shown["target"] == target]
            panels[f"{label(source)} \N{RIGHTWARDS ARROW} {label(target)}"] = {
                label(size): on[(on["source"] == CLEAN) | ((on["source"] == source) & (on["size"] == size))]
                for size in several[source]
            }
    sizes = sorted({size for of_source in several.values() for size in of_source}, key=size_key)
    title = f"{label(dataset)}, SUPs of several sizes: source \N{RIGHTWARDS ARROW} attacked network"
    looks = series_looks(map(label, sizes))
    return line_panels(panels, looks, x="epsilon", x_label="ε", metric=metric, title=title)
