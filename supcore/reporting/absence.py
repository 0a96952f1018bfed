"""Why a published number has none of ours beside it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from supcore.reporting.labels import CLEAN, label
from supcore.sup_names import epsilon_text

# What identifies a measurement in a configuration, in the order in which a reader would look for it.
CELL = ("condition", "dataset", "target", "source", "size", "epsilon")
# Networks of the paper that nobody can run, and why.
UNAVAILABLE = {"aanet_without_deform": "neither the weights nor the definition of this network were released"}
# The study behind a condition, by the beginning of the condition.
_STUDIES = {"finetuned": "finetuning", "per_image": "per_image", "corruption": "corruptions", "class": "classes"}


def absences(rows: pd.DataFrame, asked: Iterable[Sequence[str]]) -> "pd.Series[str]":
    """One line for every published number on why a configuration does not measure it.

    Args:
        rows: published numbers with the columns ``CELL``.
        asked: what the configuration asks for: values of ``CELL`` as text.

    Returns:
        The reasons, with the index of ``rows``.
    """
    known = {tuple(cell[:length]) for cell in asked for length in range(1, len(CELL) + 1)}
    return pd.Series([_absence(row, known) for row in rows.to_dict("records")], rows.index, dtype="object")


def _absence(row: Mapping[Any, Any], known: set[tuple[str, ...]]) -> str:
    if row["target"] in UNAVAILABLE:
        return UNAVAILABLE[row["target"]]
    if row["condition"] == "per_image" and row["source"] == CLEAN:
        return "not comparable: the predecessor measured its clean images in a setting of its own"
    epsilon = "" if pd.isna(row["epsilon"]) else epsilon_text(row["epsilon"])
    cell = tuple(epsilon if name == "epsilon" else str(row[name]) for name in CELL)
    missing = next((n for n in range(len(CELL)) if cell[: n + 1] not in known), None)
    if missing is None:
        return "asked for, but not in the table: no image shows the class, or the run ended before so many samples"
    return _words(CELL[missing], dict(zip(CELL, cell, strict=True)))


def _words(missing: str, cell: Mapping[str, str]) -> str:
    """What a configuration lacks for a cell, by the first column in which nothing that it asks for agrees."""
    dataset, target, source = (label(cell[name]) for name in ("dataset", "target", "source"))
    sups = f"{cell['size']} SUPs of {source}" if cell["size"] else f"attacks on {source}"
    words = {
        "condition": f"not asked for here: set studies.{_study(cell['condition'])}",
        "dataset": f"not asked for here: needs the data set {cell['dataset']}",
        "target": f"not asked for here: {target} on {dataset}",
        "source": f"not asked for here: SUPs of {source}",
        "size": f"not in the grid here: {sups}",
        "epsilon": f"not in the grid here: {sups} with epsilon {cell['epsilon']}",
    }
    text = words[missing]
    return text if not cell["condition"] or missing == "condition" else f"{text} ({cell['condition']})"


def _study(condition: str) -> str:
    return next((study for word, study in _STUDIES.items() if condition.startswith(word)), "sampling_efficiency")
