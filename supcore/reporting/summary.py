"""Per-image records summarized to one row per condition: mean, deviation and interval over images."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from supcore.errors import SupError
from supcore.files import atomic_path
from supcore.metric_names import BAD_PIXELS, asked_metrics
from supcore.reporting.bootstrap import bootstrap_interval
from supcore.reporting.labels import SORT_KEYS
from supcore.seeding import numpy_generator
from supcore.sup_names import epsilon_text

CONDITION = ["dataset", "target", "source", "size", "epsilon", "seed"]
METRICS = ["d1", "epe"]

# Every text column that any record or table has; all others are numbers, and only an empty number is missing.
_TEXT = ["dataset", "target", "source", "size", "reference", "image", "corruption", "attack", "class", "design", "goal"]
_TEXT += ["condition", "network", "verdict", "reason"]


def statistics(metrics: Sequence[str]) -> list[str]:
    """Columns of a table for these columns of its records."""
    return [f"{metric}_{name}" for metric in metrics for name in ("mean", "std", "ci_low", "ci_high")]


STATISTICS = statistics(METRICS)


def key_columns(labels: Sequence[str] = ()) -> list[str]:
    """What identifies a row: the condition, further labels of the study, the reference."""
    return [*CONDITION, *labels, "reference"]


def read_records(
    paths: Iterable[str | Path], labels: Sequence[str] = (), metrics: Sequence[str] = METRICS
) -> pd.DataFrame:
    """Read and join per-image record files.

    Args:
        paths: CSV files, one row per image and reference. D1 is in percent, EPE in pixels; both are empty where
            ``n_valid`` is 0.
        labels: further columns that the records of this study have.
        metrics: columns of what was measured; what a configuration asks for beside them is found in the files.

    Raises:
        SupError: a file is missing, lacks a column, or has a valid pixel but no error.
    """
    frames = [read_csv(path, [*key_columns(labels), "image", *metrics, "n_valid"], further=True) for path in paths]
    if not frames:
        raise SupError("no record files given; run the evaluation first")
    return pd.concat(frames, ignore_index=True)


def summarize(
    records: pd.DataFrame,
    labels: Sequence[str] = (),
    metrics: Sequence[str] = METRICS,
    *,
    bootstrap_resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Summarize per-image records to one row per condition and reference.

    Every image weighs the same; images without valid pixels are left out and ``n_images`` counts the others.
    The standard deviation is the population's (ddof 0), the interval a 95 % percentile bootstrap of the mean
    over images. Neither depends on the order of the rows.

    Args:
        records: as :func:`read_records` returns them.
        labels: the study's further columns.
        metrics: columns to summarize, beside those of :data:`~supcore.metric_names.BAD_PIXELS` that are there.
        bootstrap_resamples: number of bootstrap resamples.
        seed: seed of the bootstrap.

    Returns:
        Sorted table of the key columns, ``n_images`` and the :func:`statistics`.

    Raises:
        SupError: an image occurs twice in a group.
    """
    key = key_columns(labels)
    metrics = [*metrics, *asked_metrics(records)]
    _refuse_duplicates(records, key)
    records = records.astype({"epsilon": "float64", "seed": "Int64"})
    rows = []
    for values, group in records.groupby(key, dropna=False, sort=False):
        named: dict[str, Any] = dict(zip(key, values, strict=True))
        # The group's own stream: its interval stays the same whatever other groups the table holds.
        names = ("" if pd.isna(value) else value for value in named.values())
        generator = numpy_generator(seed, "bootstrap", *names)
        rows.append(named | _statistics(group, metrics, generator, bootstrap_resamples))
    columns = statistics(metrics)
    types = {**dict.fromkeys(columns, "float64"), "seed": "Int64", "n_images": "int64"}
    return sort_table(pd.DataFrame(rows, columns=[*key, "n_images", *columns]).astype(types), key)


def sort_table(table: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Sort by the key columns in their order, names as they are printed (controls first)."""
    return table.sort_values(list(key), key=_ranks, kind="stable", ignore_index=True)


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table: six decimals, epsilon as short as it can be, missing values empty."""
    if "epsilon" in table:
        table = table.assign(epsilon=[epsilon_text(epsilon) for epsilon in table["epsilon"]])
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6f", lineterminator="\n")


def further_statistics(table: pd.DataFrame) -> list[str]:
    """Columns of the table about what a configuration asks for beside D1 and EPE."""
    return statistics(asked_metrics(table, "_mean"))


def read_csv(path: str | Path, columns: Sequence[str], *, further: bool = False) -> pd.DataFrame:
    """Read the named columns of a table.

    Args:
        path: CSV.
        columns: those that must be there.
        further: read what a configuration asks for beside D1 and EPE, too, where the file has it.

    Raises:
        SupError: the file is missing or lacks a column, or has a valid pixel but no error.
    """
    asked = [*BAD_PIXELS, *statistics([*BAD_PIXELS])] if further else []
    missing_values = {column: [""] for column in (*columns, *asked) if column not in _TEXT}
    integers = dict.fromkeys(("seed", "severity"), "Int64")
    types = dict.fromkeys(_TEXT, "str") | dict.fromkeys(["epsilon", *METRICS, *BAD_PIXELS], "float64") | integers
    try:
        frame = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=missing_values)
    except FileNotFoundError as error:
        raise SupError(f"{path}: file not found; check the path") from error
    except (OSError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise SupError(f"{path}: not readable as a table ({reason}); choose another file, or make it again") from error
    absent = [column for column in columns if column not in frame]
    if absent:
        raise SupError(f"{path}: lacks the column(s) {', '.join(absent)}; choose another file, or make it again")
    found = [column for column in asked if column in frame]
    if "n_valid" in columns:
        _check_errors(path, frame["n_valid"], frame[[*METRICS, *asked_metrics(found)]])
    return frame[[*columns, *found]]


def _check_errors(path: str | Path, n_valid: "pd.Series[Any]", errors: pd.DataFrame) -> None:
    counts = pd.to_numeric(n_valid, errors="coerce")
    wrong = (errors < 0) | ~np.isfinite(errors)
    if not (counts >= 0).all() or wrong[counts > 0].any(axis=None):
        raise SupError(f"{path}: an image with valid pixels has no error value; evaluate this network again")


def _refuse_duplicates(records: pd.DataFrame, key: Sequence[str]) -> None:
    repeated = records[records.duplicated([*key, "image"])]
    if len(repeated):
        first = " ".join(map(str, repeated.iloc[0][[*key, "image"]]))
        raise SupError(f"an image is recorded twice ({first}); pass every record file once")


def _statistics(
    group: pd.DataFrame, metrics: Sequence[str], generator: np.random.Generator, resamples: int
) -> dict[str, Any]:
    usable = group[group["n_valid"] > 0].sort_values("image")
    if usable.empty:
        return {"n_images": 0}
    values = usable[list(metrics)].to_numpy(dtype=np.float64)
    low, high = bootstrap_interval(values, generator, resamples)
    by_metric = np.stack([values.mean(axis=0), values.std(axis=0, ddof=0), low, high], axis=1)
    return {"n_images": len(values)} | dict(zip(statistics(metrics), by_metric.ravel(), strict=True))


def _ranks(column: "pd.Series[Any]") -> "pd.Series[Any]":
    key = SORT_KEYS.get(str(column.name))
    if key is None:
        return column
    rank = {value: position for position, value in enumerate(sorted(set(column), key=key))}
    return column.map(rank)
