"""The paper's error-against-epsilon plots by their ids, with our numbers on top."""

from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supcore.errors import SupError
from supcore.reporting.comparison import KEY
from supcore.reporting.labels import METRIC_LABELS
from supcore.reporting.line_panels import PUBLISHED, series_looks
from supcore.reporting.matrix import count_range
from supcore.reporting.published import PublishedResults
from supcore.reporting.style import COLUMN_WIDTH, styled


def plot_ids(published: PublishedResults) -> list[str]:
    """The ids of the paper's plots, P01 to P24."""
    return list(dict.fromkeys(published.line_plots["plot_id"]))


@styled
def paper_plot(plot: str, published: PublishedResults, comparison: pd.DataFrame) -> Figure:
    """One of the paper's plots: its series dashed with open markers and a band of one standard deviation over images.

    Ours are solid, with the 95 % interval over images as a bar, where they were measured. Titles, series and
    limits are the paper's.

    Args:
        plot: id of the plot, "P01" to "P24".
        published: the paper's numbers.
        comparison: every published number beside ours, as :func:`supcore.reporting.comparison.compare` gives it.

    Raises:
        SupError: there is no such plot, or the comparison was made with other published numbers.
    """
    points = published.line_plots[published.line_plots["plot_id"] == plot].reset_index(drop=True)
    if points.empty:
        raise SupError(f"no plot {plot} in the paper; choose one of {', '.join(plot_ids(published))}")
    points = points.assign(**_ours(plot, points, comparison))
    figure = Figure(figsize=(COLUMN_WIDTH, 3.2), layout="constrained")
    axes = figure.subplots()
    looks = series_looks(dict.fromkeys(points["series"]))
    for name, look in looks.items():
        line = points[points["series"] == name].sort_values("epsilon")
        mean, std = line["mean"], line["std"]
        axes.plot(line["epsilon"], mean, **look | PUBLISHED)
        axes.fill_between(line["epsilon"], mean - std, mean + std, color=look["color"], alpha=0.07, linewidth=0)
        bars = [line["ours"] - line["ours_ci_low"], line["ours_ci_high"] - line["ours"]]
        axes.errorbar(line["epsilon"], line["ours"], bars, **look, elinewidth=0.7, zorder=3)
    first = points.iloc[0]
    axes.set(title=fill(first["title"], 48), xlabel="ε", ylabel=METRIC_LABELS[first["metric"]])
    axes.set_ylim(first["y_min"], first["y_max"])
    axes.set_xticks(sorted(set(points["epsilon"])), [f"{e:g}" for e in sorted(set(points["epsilon"]))])
    handles = [Line2D([], [], label=name, **look) for name, look in looks.items()]
    measured = points.loc[points["ours"].notna(), "n_images"]
    if len(measured):
        entry = f"ours, {count_range(measured.astype(int))} images"
        handles.append(Line2D([], [], label=entry, color="0.2", marker="o"))
    handles.append(Line2D([], [], label="published", color="0.2", marker="o", **PUBLISHED))
    figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=1.6, columnspacing=1.2)
    return figure


def _ours(plot: str, points: pd.DataFrame, comparison: pd.DataFrame) -> pd.DataFrame:
    """Our numbers of a plot's points: the comparison has them in the same order.

    Their keys alone do not tell them apart, since series share their clean images.
    """
    rows = comparison[comparison["origin"] == plot].reset_index(drop=True)
    key = [name for name in KEY if name != "reference"]
    if not rows[key].equals(points[key]):
        raise SupError(f"the comparison with the paper has other points for {plot}; delete it and make it again")
    return rows[["ours", "ours_ci_low", "ours_ci_high", "n_images"]]
