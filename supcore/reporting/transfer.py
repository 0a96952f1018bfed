"""The transfer table: per-image records summarised to one row per attack, beside the published number."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from supcore.errors import SupError
from supcore.files import atomic_path
from supcore.reporting.bootstrap import bootstrap_interval
from supcore.reporting.labels import name_key, reference_key, size_key
from supcore.reporting.published import PublishedResults
from supcore.seeding import numpy_generator

KEY = ["dataset", "target", "source", "size", "epsilon", "seed", "reference"]
METRICS = ["d1", "epe"]
STATISTICS = [f"{metric}_{name}" for metric in METRICS for name in ("mean", "std", "ci_low", "ci_high")]
COLUMNS = [*KEY, "n_images", *STATISTICS, "published_d1", "published_epe"]
RECORD_COLUMNS = [*KEY, "image", "d1", "epe", "n_valid"]

_TEXT = ["dataset", "target", "source", "size", "reference", "image"]
_SORT_KEYS = {
    "dataset": name_key,
    "target": name_key,
    "source": name_key,
    "size": size_key,
    "reference": reference_key,
}


def read_records(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read and join per-image record files.

    Args:
        paths: CSV files with the columns ``RECORD_COLUMNS``, one row per image and reference. D1 is in
            percent, EPE in pixels; both are empty where ``n_valid`` is 0.

    Raises:
        SupError: a file is missing, lacks a column, or has a valid pixel but no error.
    """
    frames = [_read(Path(path), RECORD_COLUMNS) for path in paths]
    if not frames:
        raise SupError("transfer table: no record files given; run the evaluation first")
    return pd.concat(frames, ignore_index=True)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a transfer table written by :func:`write_table`.

    Raises:
        SupError: the file is missing or lacks a column.
    """
    return _read(Path(path), COLUMNS)


def transfer_table(
    records: pd.DataFrame,
    published: PublishedResults | None,
    *,
    bootstrap_resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Summarise per-image records to one row per (dataset, target, source, size, epsilon, seed, reference).

    Every image weighs the same; images without valid pixels are left out and ``n_images`` counts the others.
    The standard deviation is the population's (ddof 0), the interval a 95 % percentile bootstrap of the mean
    over images. Neither depends on the order of the rows.

    Args:
        records: per-image records as :func:`read_records` returns them.
        published: the paper's numbers, set beside errors with respect to ground truth; None leaves them out.
        bootstrap_resamples: number of bootstrap resamples.
        seed: seed of the bootstrap.

    Returns:
        Table with the columns ``COLUMNS``, D1 in percent and EPE in pixels, sorted.

    Raises:
        SupError: an image occurs twice in a group.
    """
    _refuse_duplicates(records)
    records = records.astype({"epsilon": "float64", "seed": "Int64"})
    rows = []
    for key, group in records.groupby(KEY, dropna=False, sort=False):
        named: dict[str, Any] = dict(zip(KEY, key, strict=True))
        # The group's own stream: its interval stays the same whatever other groups the table holds.
        names = ("" if pd.isna(value) else value for value in named.values())
        generator = numpy_generator(seed, "bootstrap", *names)
        summary = _summary(group, generator, bootstrap_resamples)
        rows.append(named | summary | _published_cell(named, published))
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"seed": "Int64", "n_images": "int64"})
    floats = [*STATISTICS, "published_d1", "published_epe"]
    return sort_table(table.astype(dict.fromkeys(floats, "float64")))


def sort_table(table: pd.DataFrame) -> pd.DataFrame:
    """Sort by data set, target, source (controls first), size, epsilon, seed and reference."""
    return table.sort_values(KEY, key=_ranks, kind="stable", ignore_index=True)


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a transfer table as CSV: six decimals, epsilon as short as it can be, missing values empty."""
    printed = table.assign(epsilon=[format_epsilon(epsilon) for epsilon in table["epsilon"]])
    with atomic_path(path) as temporary:
        printed.to_csv(temporary, index=False, float_format="%.6f", lineterminator="\n")


def format_epsilon(epsilon: float) -> str:
    """Shortest positional notation of an epsilon: "0.02", "0.00001", "0"."""
    return np.format_float_positional(epsilon, trim="-")


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    # Only an empty number is missing: a source called "none" and an empty size are values.
    missing_values = {column: [""] for column in columns if column not in _TEXT}
    types = dict.fromkeys(_TEXT, "str") | {"epsilon": "float64", "seed": "Int64"}
    try:
        frame = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=missing_values)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise SupError(f"{path}: not readable as a table ({reason}); delete the file and make it again") from error
    absent = [column for column in columns if column not in frame]
    if absent:
        raise SupError(f"{path}: lacks the column(s) {', '.join(absent)}; delete the file and make it again")
    if "n_valid" in columns and frame.loc[frame["n_valid"] > 0, METRICS].isna().any(axis=None):
        raise SupError(f"{path}: an image with valid pixels has no error value; evaluate this network again")
    return frame[columns]


def _refuse_duplicates(records: pd.DataFrame) -> None:
    repeated = records[records.duplicated([*KEY, "image"])]
    if len(repeated):
        first = " ".join(map(str, repeated.iloc[0][[*KEY, "image"]]))
        raise SupError(f"transfer table: an image is recorded twice ({first}); pass every record file once")


def _summary(group: pd.DataFrame, generator: np.random.Generator, resamples: int) -> dict[str, Any]:
    usable = group[group["n_valid"] > 0].sort_values("image")
    if usable.empty:
        return {"n_images": 0}
    values = usable[METRICS].to_numpy(dtype=np.float64)
    low, high = bootstrap_interval(values, generator, resamples)
    by_metric = np.stack([values.mean(axis=0), values.std(axis=0, ddof=0), low, high], axis=1)
    return {"n_images": len(values)} | dict(zip(STATISTICS, by_metric.ravel(), strict=True))


def _published_cell(named: dict[str, Any], published: PublishedResults | None) -> dict[str, float | None]:
    if published is None or named["reference"] != "ground_truth":
        return {}
    d1, epe = published.transfer_cell(*(named[name] for name in KEY[:5]))
    return {"published_d1": d1, "published_epe": epe}


def _ranks(column: "pd.Series[Any]") -> "pd.Series[Any]":
    key = _SORT_KEYS.get(str(column.name))
    if key is None:
        return column
    rank = {value: position for position, value in enumerate(sorted(set(column), key=key))}
    return column.map(rank)
