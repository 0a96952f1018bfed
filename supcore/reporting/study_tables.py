"""Printed tables of the studies."""

from collections.abc import Callable, Iterator

import pandas as pd

from supcore.reporting.comparison import STUDY_LABELS, with_published
from supcore.reporting.labels import CLEAN, format_epsilon, label, source_label
from supcore.reporting.matrix import HIGHEST_IN_COLUMN, LOWEST_IN_COLUMN, LOWEST_IN_ROW, Layout, Matrix, arrange
from supcore.reporting.published import PublishedResults
from supcore.reporting.selection import average_seeds, groups
from supcore.reporting.studies import NO_CORRUPTION
from supcore.reporting.transfer_matrix import size_matrices

_CORRUPTIONS = Layout("corruption", "target", ("corruption", "network"), LOWEST_IN_ROW)
_CLASSES = Layout("class", "target", ("class", "network"), LOWEST_IN_ROW)
_SAMPLES = Layout("samples", "source", ("training samples", "attacked network"), HIGHEST_IN_COLUMN)
_PER_IMAGE = Layout("attack", "target", ("attack", "network"), HIGHEST_IN_COLUMN)
_DESIGNS = Layout("design", "attack", ("design", "attack"), LOWEST_IN_COLUMN, units="training seeds")
_FINETUNING = Layout("target", "condition", ("network", "state"), LOWEST_IN_ROW)

_GRID = ["dataset", "reference", "size", "epsilon"]
_SOURCE = ["dataset", "reference", "source", "epsilon"]
_SETTING = ["dataset", "reference", "source", "size", "epsilon"]


def study_matrices(
    study: str, table: pd.DataFrame | None, transfer: pd.DataFrame, published: PublishedResults
) -> list[Matrix]:
    """The printed tables of a study, D1 in percent; of corruptions also the change of D1 and of EPE.

    Args:
        study: a study of the configuration, or ``tile_sizes``, SUPs of several sizes from one source.
        table: its table; not used for ``tile_sizes``, SUPs of several sizes from one source.
        transfer: transfer table, for the perturbations that per-image attacks and sizes are compared with.
        published: the paper's numbers, set beside ours.
    """
    if table is None:
        return size_matrices(transfer)
    if study in STUDY_LABELS:
        table = with_published(study, average_seeds(table, STUDY_LABELS[study]), published)
    if study == "per_image":
        table = beside_universal(table, transfer)
    if table.empty:
        return []
    return list(_VIEWS[study](table))


def named_corruptions(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the printed names of the corruptions, and their severity where there are several."""
    several = table.groupby("corruption")["severity"].transform("nunique") > 1
    severity = (" " + table["severity"].astype(str)).where(several, "")
    none = table["corruption"] == NO_CORRUPTION
    names = (table["corruption"].map(label) + severity).mask(none, "no corruption")
    named = table.assign(corruption=names)
    return pd.concat([named[none], named[~none]])


def beside_universal(table: pd.DataFrame, transfer: pd.DataFrame) -> pd.DataFrame:
    """Per-image attacks below clean images and the SUPs of the same sources and epsilons, named in ``attack``.

    Args:
        table: table of per-image attacks, averaged over seeds.
        transfer: transfer table.
    """
    universal = average_seeds(transfer)
    parts = []
    for (dataset, reference, source, epsilon), shown in groups(table, _SOURCE):
        same = universal[(universal["dataset"] == dataset) & (universal["reference"] == reference)]
        same = same[same["target"].isin(shown["target"])]
        clean = same[same["source"] == CLEAN].assign(attack=CLEAN, source=source, epsilon=epsilon)
        sups = same[(same["source"] == source) & (same["epsilon"] == epsilon)]
        sups = sups.assign(attack="SUP, " + sups["size"].map(label))
        named = shown.assign(attack="per image, " + shown["attack"].map(label))
        parts.append(pd.concat([clean, sups, named], ignore_index=True))
    return pd.concat(parts, ignore_index=True) if parts else table


def _corruptions(table: pd.DataFrame) -> Iterator[Matrix]:
    for (_, _, *attack), shown in groups(named_corruptions(table), _SETTING):
        name, what = _attack(*attack)
        for metric in ("d1", "d1_change", "epe_change"):
            if metric == "d1" or shown[metric].notna().any():
                yield arrange(shown, _CORRUPTIONS, f"corruptions-{name}", f"corrupted images, {what}", metric)


def _classes(table: pd.DataFrame) -> Iterator[Matrix]:
    for (_, _, *attack), shown in groups(table.sort_values("class_id", kind="stable"), _SETTING):
        name, what = _attack(*attack)
        yield arrange(shown, _CLASSES, f"classes-{name}", what)


def _sampling_efficiency(table: pd.DataFrame) -> Iterator[Matrix]:
    rows = table.sort_values("samples", kind="stable").astype({"samples": str})
    for (_, _, size, epsilon), shown in groups(rows, _GRID):
        bound = format_epsilon(epsilon)
        what = f"{size} SUPs, epsilon {bound}, on their own network during the optimisation"
        yield arrange(shown, _SAMPLES, f"samples-{size}-{bound}", what)


def _per_image(table: pd.DataFrame) -> Iterator[Matrix]:
    for (_, _, source, epsilon), shown in groups(table, _SOURCE):
        bound = format_epsilon(epsilon)
        what = f"attacks on {label(source)}, epsilon {bound}, image by image and universal"
        yield arrange(shown, _PER_IMAGE, f"per-image-{source}-{bound}", what)


def _robust_design(table: pd.DataFrame) -> Iterator[Matrix]:
    table = table.assign(n_seeds=table["n_networks"])
    controls = table["attack"] == CLEAN
    for (dataset, reference, size, epsilon), shown in groups(table[~controls], _GRID):
        clean = table[controls & (table["dataset"] == dataset) & (table["reference"] == reference)]
        bound = format_epsilon(epsilon)
        what = f"{size} perturbations, epsilon {bound}"
        yield arrange(pd.concat([clean, shown]), _DESIGNS, f"designs-{size}-{bound}", what)


def _finetuning(table: pd.DataFrame) -> Iterator[Matrix]:
    own = table[(table["source"] == table["target"]) | (table["source"] == CLEAN)]
    for (_, _, size, epsilon), shown in groups(own, _GRID):
        bound = format_epsilon(epsilon)
        what = f"own {size} SUPs, epsilon {bound}" if size else "clean images"
        yield arrange(shown, _FINETUNING, f"finetuning-{size or 'clean'}-{bound}", what)


def _attack(source: str, size: str, epsilon: float) -> tuple[str, str]:
    """A condition in a label and in a caption."""
    if source == CLEAN:
        return CLEAN, "no perturbation"
    bound = format_epsilon(epsilon)
    return f"{source}-{size}-{bound}", f"{source_label(source)}, {size}, epsilon {bound}"


_VIEWS: dict[str, Callable[[pd.DataFrame], Iterator[Matrix]]] = {
    "corruptions": _corruptions,
    "classes": _classes,
    "sampling_efficiency": _sampling_efficiency,
    "per_image": _per_image,
    "robust_design": _robust_design,
    "finetuning": _finetuning,
}
