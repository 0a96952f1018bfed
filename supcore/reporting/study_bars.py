"""Bars of the studies: corruptions, classes, per-image attacks and robust designs."""

from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from supcore.reporting.grouped_bars import PUBLISHED_MARK, SINGLE_MARK, bar_legend, bar_panels, draw_bars, share_limits
from supcore.reporting.labels import CLEAN, NOISE, format_epsilon, label, ordered, source_label
from supcore.reporting.matrix import distinct
from supcore.reporting.selection import groups
from supcore.reporting.study_tables import named_corruptions
from supcore.reporting.style import series_colors, styled

_ATTACK = ["source", "size", "epsilon"]


@styled
def corruption_bars(shown: pd.DataFrame) -> Figure:
    """Corruptions by network: the change of D1 and EPE on clean images, then D1 under each attack.

    Several severities of a corruption count with their mean. Diamonds are the published values.

    Args:
        shown: rows of the study's table for one data set and reference, averaged over seeds, with the paper's numbers.
    """
    shown = named_corruptions(_over_severities(shown))
    names, colors = distinct(shown, "corruption"), series_colors(ordered(shown["target"]))
    attacks = [(key, rows) for key, rows in groups(shown, _ATTACK) if key[0] != CLEAN]
    figure, grid = bar_panels(2 + len(attacks), len(names), len(colors), len(colors) + 1)
    marks: dict[str, Any] = {}
    clean = shown[shown["source"] == CLEAN]
    options: dict[str, Any] = {"groups": ("corruption", names), "series": ("target", colors), "numbers": True}
    for axes, metric in zip(grid, ("d1_change", "epe_change"), strict=False):
        if draw_bars(axes, clean, metric=metric, **options):
            marks = {"published": PUBLISHED_MARK}
        axes.set_title("clean images")
    for axes, (attack, rows) in zip(grid[2:], attacks, strict=True):
        draw_bars(axes, rows, metric="d1", **options)
        axes.set_title(_attack_title(*attack))
    share_limits(grid[2:])
    _finish(figure, shown)
    bar_legend(figure, colors, 4, **marks)
    return figure


@styled
def class_bars(shown: pd.DataFrame) -> Figure:
    """D1 by class and network with 95 % intervals over images, one panel per attack.

    The classes are sorted by their mean over networks and attacks, the worst on top.

    Args:
        shown: rows of the study's table for one data set and reference, averaged over seeds.
    """
    names = list(shown.groupby("class")["d1_mean"].mean().sort_values(ascending=False, kind="stable").index)
    colors = series_colors(ordered(shown["target"]))
    attacks = list(groups(shown, _ATTACK))
    figure, grid = bar_panels(len(attacks), len(names), len(colors), len(colors))
    for axes, (attack, rows) in zip(grid, attacks, strict=True):
        draw_bars(axes, rows, groups=("class", names), series=("target", colors), metric="d1")
        axes.set_title(_attack_title(*attack))
    share_limits(grid)
    _finish(figure, shown)
    bar_legend(figure, colors, 4)
    return figure


@styled
def per_image_bars(shown: pd.DataFrame) -> Figure:
    """D1 by attack and network: clean images, the universal perturbations, and attacks on every single image.

    One panel per attacked network and epsilon, with 95 % intervals over images.

    Args:
        shown: what :func:`supcore.reporting.study_tables.beside_universal` gives, for one data set and reference.
    """
    names, colors = distinct(shown, "attack"), series_colors(ordered(shown["target"]))
    attacked = list(groups(shown, ["source", "epsilon"]))
    figure, grid = bar_panels(len(attacked), len(names), len(colors), len(colors))
    for axes, ((source, epsilon), rows) in zip(grid, attacked, strict=True):
        draw_bars(axes, rows, groups=("attack", names), series=("target", colors), metric="d1")
        axes.set_title(f"made for {label(source)}\nε = {format_epsilon(epsilon)}")
    share_limits(grid)
    _finish(figure, shown)
    bar_legend(figure, colors, 4)
    return figure


@styled
def design_bars(shown: pd.DataFrame, networks: pd.DataFrame) -> Figure:
    """D1 of network designs under the controls, their own and foreign SUPs, one panel per size and epsilon.

    Intervals are 95 % Student intervals over training seeds, rings are single networks.

    Args:
        shown: rows of the study's table for one data set and reference.
        networks: the numbers of the single networks, as :func:`supcore.reporting.transfer_studies.by_network` gives
            them, for the same data set and reference.
    """
    colors = series_colors(distinct(shown, "design"))
    attacks = [name for name in (CLEAN, NOISE, "own", "foreign") if name in set(shown["attack"])]
    settings = [key for key, _ in groups(shown[shown["attack"] != CLEAN], ["size", "epsilon"])]
    figure, grid = bar_panels(len(settings), len(attacks), len(colors), len(colors) + 1)
    for axes, (size, epsilon) in zip(grid, settings, strict=True):
        rows, single = (
            table[(table["attack"] == CLEAN) | ((table["size"] == size) & (table["epsilon"] == epsilon))]
            for table in (shown, networks)
        )
        draw_bars(axes, rows, groups=("attack", attacks), series=("design", colors), metric="d1", single=single)
        axes.set_title(f"{size} perturbations, ε = {format_epsilon(epsilon)}")
    share_limits(grid)
    _finish(figure, shown)
    bar_legend(figure, colors, 4 if len(settings) > 1 else 2, one_network=SINGLE_MARK)
    return figure


def _over_severities(shown: pd.DataFrame) -> pd.DataFrame:
    """Mean over the severities of each corruption."""
    key = ["dataset", *_ATTACK, "target", "corruption"]
    numbers = [name for name in shown.select_dtypes("number") if name not in (*key, "severity")]
    return shown.groupby(key, sort=False)[numbers].mean().reset_index().assign(severity=0)


def _attack_title(source: str, size: str, epsilon: float) -> str:
    if source == CLEAN:
        return "clean images"
    return f"{fill(source_label(source), 22)}\n{size}, ε = {format_epsilon(epsilon)}"


def _finish(figure: Figure, shown: pd.DataFrame) -> None:
    figure.suptitle(label(shown["dataset"].iloc[0]), fontsize=8)
