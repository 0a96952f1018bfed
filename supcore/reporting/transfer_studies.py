"""Studies that are read off the transfer table: robust designs and adversarial fine-tuning."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from scipy import stats

from supcore.reporting.labels import CLEAN, NOISE
from supcore.reporting.summary import METRICS, STATISTICS, key_columns

DESIGN_COLUMNS = ["dataset", "design", "attack", "size", "epsilon", "reference", "n_networks", "n_images"]
DESIGN_STATISTICS = [f"{metric}_{name}" for metric in METRICS for name in ("mean", "std", "ci_low", "ci_high")]
CELL = ["dataset", "size", "epsilon", "reference"]

Row = dict[str, Any]


def robust_design(table: pd.DataFrame, designs: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Errors of network designs under clean images, noise, their own and foreign SUPs, over training seeds.

    Each network of a design gives one number per attack: under its ``own`` SUP, and under ``foreign`` ones the mean
    over the SUPs of all networks of other designs. Mean, population deviation and a 95 % Student interval are over the
    networks, that is over training seeds, because these vary more than images do.

    Args:
        table: transfer table in which every network of ``designs`` is target and source.
        designs: name of a design to its networks, trained with different seeds.

    Returns:
        Table of ``DESIGN_COLUMNS`` and ``DESIGN_STATISTICS``; the interval is empty with one network.
    """
    per_network = by_network(table, designs)
    cell = ["dataset", "design", "attack", *CELL[1:]]
    rows = []
    for key, group in per_network.groupby(cell, sort=False):
        row: Row = dict(zip(cell, key, strict=True))
        row |= {"n_networks": len(group), "n_images": int(group["n_images"].min())}
        for metric in METRICS:
            row |= _over_seeds(metric, group[f"{metric}_mean"])
        rows.append(row)
    return pd.DataFrame(rows, columns=[*DESIGN_COLUMNS, *DESIGN_STATISTICS])


def by_network(table: pd.DataFrame, designs: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The numbers that :func:`robust_design` averages: one row per network, attack and reference.

    Args:
        table: transfer table.
        designs: name of a design to its networks.
    """
    design_of = {network: design for design, networks in designs.items() for network in networks}
    chosen = table[table["target"].isin(design_of) & (table["n_images"] > 0)]
    pairs = zip(chosen["source"], chosen["target"], strict=True)
    attack = pd.Series([_attack(*pair, design_of) for pair in pairs], index=chosen.index, dtype="object")
    chosen = chosen.assign(design=chosen["target"].map(design_of), attack=attack).dropna(subset="attack")
    networks = chosen.groupby(["dataset", "design", "attack", *CELL[1:], "target"], sort=False)
    means = [f"{metric}_mean" for metric in METRICS]
    return networks.agg({**dict.fromkeys(means, "mean"), "n_images": "min"}).reset_index()


def finetuning(table: pd.DataFrame, finetuned: Mapping[str, str]) -> pd.DataFrame:
    """Networks before and after adversarial fine-tuning, under the original and under new SUPs.

    Args:
        table: transfer table in which both versions of each network are targets and sources.
        finetuned: network to its fine-tuned version.

    Returns:
        The transfer table's rows whose target and source are among these networks, by their names before
        fine-tuning, with a ``condition``: ``before`` is the network as it was under SUPs made for networks as they
        were; ``finetuned_original`` the fine-tuned network under the same SUPs; ``finetuned_new`` the fine-tuned
        network under SUPs optimised on fine-tuned ones. Each has its clean and noise rows.
    """
    before = {name: name for name in finetuned}
    original = {tuned: name for name, tuned in finetuned.items()}
    parts = [
        _renamed(table, targets, sources).assign(condition=condition)
        for condition, targets, sources in (
            ("before", before, before),
            ("finetuned_original", original, before),
            ("finetuned_new", original, original),
        )
    ]
    return pd.concat(parts, ignore_index=True)[["condition", *key_columns(), "n_images", *STATISTICS]]


def _renamed(table: pd.DataFrame, targets: Mapping[str, str], sources: Mapping[str, str]) -> pd.DataFrame:
    """Rows of these targets and sources, and of the controls, under their new names."""
    names = {CLEAN: CLEAN, NOISE: NOISE, **sources}
    rows = table[table["target"].isin(targets) & table["source"].isin(names)]
    return rows.assign(target=rows["target"].map(targets), source=rows["source"].map(names))


def _attack(source: str, target: str, design_of: Mapping[str, str]) -> str | None:
    if source in (CLEAN, NOISE):
        return source
    if source == target:
        return "own"
    foreign = source in design_of and design_of[source] != design_of[target]
    return "foreign" if foreign else None


def _over_seeds(metric: str, values: "pd.Series[float]") -> Row:
    mean, deviation = float(values.mean()), float(values.std(ddof=0))
    low = high = None
    if len(values) > 1:
        half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
        low, high = mean - half, mean + half
    return {
        f"{metric}_mean": mean,
        f"{metric}_std": deviation,
        f"{metric}_ci_low": low,
        f"{metric}_ci_high": high,
    }
