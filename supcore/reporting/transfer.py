"""The transfer table: one row per attack on a network, beside the published number."""

from pathlib import Path

import pandas as pd

from supcore.reporting.published import PublishedResults
from supcore.reporting.summary import STATISTICS, key_columns, read_csv, summarize

KEY = key_columns()
COLUMNS = [*KEY, "n_images", *STATISTICS, "published_d1", "published_epe"]


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a transfer table.

    Raises:
        SupError: the file is missing or lacks a column.
    """
    return read_csv(path, COLUMNS)


def transfer_table(
    records: pd.DataFrame,
    published: PublishedResults | None,
    *,
    bootstrap_resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Summarize per-image records to one row per (dataset, target, source, size, epsilon, seed, reference).

    Args:
        records: per-image records as :func:`supcore.reporting.summary.read_records` returns them.
        published: the paper's numbers, set beside errors with respect to ground truth; None leaves them out.
        bootstrap_resamples: number of bootstrap resamples.
        seed: seed of the bootstrap.

    Returns:
        Table with the columns ``COLUMNS``, D1 in percent and EPE in pixels, sorted; what the records hold beside these
        stands before the published numbers.

    Raises:
        SupError: an image occurs twice in a group.
    """
    table = summarize(records, bootstrap_resamples=bootstrap_resamples, seed=seed)
    cells = [_published_cell(row, published) for row in table[KEY].itertuples(index=False, name=None)]
    beside = pd.DataFrame(cells, columns=COLUMNS[-2:], dtype="float64")
    return pd.concat([table, beside], axis=1)


def _published_cell(
    key: tuple[str, str, str, str, float, int, str], published: PublishedResults | None
) -> tuple[float | None, float | None]:
    *cell, _, reference = key
    if published is None or reference != "ground_truth":
        return None, None
    return published.transfer_cell(*cell)  # type: ignore[arg-type]
