"""Tables of the studies that have per-image records of their own."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from supcore.errors import SupError
from supcore.reporting.labels import CLEAN
from supcore.reporting.summary import METRICS, STATISTICS, key_columns, read_csv, read_records, summarise
from supcore.reporting.transfer_studies import DESIGN_COLUMNS

# Columns of a study's records and table beyond those of the transfer table.
LABELS = {
    "corruptions": ["corruption", "severity"],
    "classes": ["class_id", "class"],
    "sampling_efficiency": ["samples"],
    "per_image": ["attack"],
}
NO_CORRUPTION = "none"
PUBLISHED_DROP = 5


def study_table(
    study: str,
    paths: Iterable[str | Path],
    settings: Mapping[str, Any],
    *,
    seed: int = 0,
    bootstrap_resamples: int = 2000,
) -> pd.DataFrame:
    """Summarise the per-image records of a study: one row per condition and reference.

    Args:
        study: a key of ``LABELS``.
        paths: its record files.
        settings: of the study in the configuration.
        seed: of the bootstrap.
        bootstrap_resamples: of the intervals.
    """
    labels = LABELS[study]
    table = summarise(read_records(paths, labels), labels, bootstrap_resamples=bootstrap_resamples, seed=seed)
    if study == "corruptions":
        return with_change(table)
    if study == "classes":
        return shown_classes(table, settings["min_images"], as_published=settings["as_published"])
    if study == "per_image":
        # As the configuration lists them: the first one stands for the paper's.
        rank = {attack: position for position, attack in enumerate(settings["attacks"])}
        return table.sort_values("attack", key=lambda attacks: attacks.map(rank), kind="stable", ignore_index=True)
    return table


def read_study(study: str, path: str | Path) -> pd.DataFrame:
    """Read the table of a study."""
    columns = {"finetuning": ["condition", *key_columns()], "robust_design": DESIGN_COLUMNS}.get(study)
    columns = columns or key_columns(LABELS[study])
    changes = [f"{metric}_change" for metric in METRICS] if study == "corruptions" else []
    return read_csv(path, [*columns, *(["n_images"] if "n_images" not in columns else []), *STATISTICS, *changes])


def with_change(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``d1_change`` and ``epe_change``: percent over the uncorrupted, unperturbed images of the same network.

    Against ground truth only; a network has no error against its own clean prediction.

    Raises:
        SupError: the table lacks those images for a network.
    """
    key = ["dataset", "target"]
    truth = table[table["reference"] == "ground_truth"]
    clean = truth[(truth["corruption"] == NO_CORRUPTION) & (truth["source"] == CLEAN)].set_index(key)
    changed = table.copy()
    for metric in METRICS:
        base = pd.Index(map(tuple, truth[key].to_numpy())).map(clean[f"{metric}_mean"].to_dict())
        if base.isna().any():
            raise SupError("corruption study: records lack the clean images of a network; evaluate it again")
        changed[f"{metric}_change"] = 100 * (truth[f"{metric}_mean"] / base.to_numpy(dtype=float) - 1)
    return changed


def shown_classes(table: pd.DataFrame, min_images: int, *, as_published: bool = False) -> pd.DataFrame:
    """The classes that are worth showing.

    Args:
        table: one row per condition, class and reference.
        min_images: classes that fewer images hold are left out.
        as_published: the paper's rule instead: classes in fewer images count as error 0, all are sorted by falling D1
            and the last five are dropped, whatever their number of images.
    """
    if not as_published:
        return table[table["n_images"] >= min_images].reset_index(drop=True)
    rare = table["n_images"] < min_images
    ranked = table.assign(rank=table["d1_mean"].where(~rare, 0.0))
    condition = ["dataset", "target", "source", "size", "epsilon", "seed", "reference"]
    groups = ranked.groupby(condition, dropna=False, sort=False)
    kept = [
        group.sort_values(["rank", "class_id"], ascending=[False, True]).iloc[:-PUBLISHED_DROP] for _, group in groups
    ]
    return pd.concat(kept, ignore_index=True).drop(columns="rank")
