"""How well networks withstand corruptions: the usual summaries over corruptions and severities.

All functions take a tidy table with one row per network, corruption and severity, and the columns

- ``network``, ``corruption``, ``severity``,
- ``error`` E: mean over the images of D1 (percent) or EPE (pixels) on corrupted images,
- ``clean_error`` C: the same on clean images; one value per network.

They return one row per network and one column per corruption. The mean over the corruptions, ``table.mean(axis=1)``,
is the network's score.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from supcore.errors import SupError

COLUMNS = ["network", "corruption", "severity", "error", "clean_error"]


def corruption_errors(table: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Corruption error CE (Hendrycks and Dietterich, 2019), whose mean is the mCE; lower is better.

    CE = 100 · Σ_s E / Σ_s E_baseline: percent of the baseline network's error, summed over the severities s. A
    corruption under which the baseline makes no error has no CE, for any network.

    Raises:
        SupError: missing columns or rows, or a baseline that is not in the table.
    """
    errors, _, _ = _sums(table)
    return _percent_of(errors, baseline)


def relative_corruption_errors(table: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Relative corruption error (Hendrycks and Dietterich, 2019), whose mean is the relative mCE; lower is better.

    Relative CE = 100 · Σ_s (E - C) / Σ_s (E_baseline - C_baseline): percent of the baseline's loss of accuracy. A
    corruption that does the baseline no harm has no relative CE, for any network.

    Raises:
        SupError: as for :func:`corruption_errors`.
    """
    errors, clean, _ = _sums(table)
    return _percent_of(errors - clean, baseline)


def resilience_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Resilience rate RR (RoboDepth; Kong et al., 2023), whose mean is the mRR; higher is better.

    RR = 100 · Σ_s (1 - E) / Σ_s (1 - C): percent of the clean accuracy that is kept. It needs an error that is a rate:
    D1, here in percent as everywhere; RoboDepth's own rate mixes the relative depth error and an accuracy. A network
    with a clean D1 of 100 % can keep nothing and has no rate.

    Raises:
        SupError: as for :func:`corruption_errors`, or an error outside [0, 100].
    """
    errors, clean, counts = _sums(table)
    percentages = table[["error", "clean_error"]].to_numpy()
    if not ((percentages >= 0) & (percentages <= 100)).all():
        raise SupError("resilience rate: errors must be D1 in percent; EPE has no resilience rate")
    accuracy = 100 * counts - clean
    return 100 * (100 * counts - errors) / accuracy.where(accuracy > 0)


def error_increases(table: pd.DataFrame) -> pd.DataFrame:
    """Change of the error relative to clean images, as in the paper's bar chart of corruptions; lower is better.

    Increase = 100 · Σ_s (E - C) / Σ_s C, in percent; the paper has one severity and, by its numbers, the EPE.

    Raises:
        SupError: as for :func:`corruption_errors`, or a clean error of 0.
    """
    errors, clean, _ = _sums(table)
    if (clean.to_numpy() == 0).any():
        raise SupError("increase of the error: a network has a clean error of 0; compare the errors themselves")
    return 100 * (errors - clean) / clean


def _sums(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """E and C summed over the severities, and their number: a row per network, a column per corruption."""
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise SupError(f"table of corruptions lacks the column {', '.join(missing)}; give {', '.join(COLUMNS)}")
    twice = table[table.duplicated(COLUMNS[:3])]
    if len(twice):
        raise SupError(f"table of corruptions has two rows for {_name(twice.iloc[0].to_dict())}; keep one")
    cells = table.pivot(index="network", columns=["corruption", "severity"], values="error")
    gaps = np.argwhere(cells.isna().to_numpy())
    if len(gaps):
        corruption, severity = cells.columns[gaps[0, 1]]
        gap = {"network": cells.index[gaps[0, 0]], "corruption": corruption, "severity": severity}
        raise SupError(f"table of corruptions has no error for {_name(gap)}; evaluate it or leave it out")
    groups = table.groupby(["network", "corruption"])
    columns = groups["error"].sum(), groups["clean_error"].sum(), groups["severity"].size()
    errors, clean, counts = (column.unstack("corruption") for column in columns)
    return errors, clean, counts


def _name(row: Mapping[Any, Any]) -> str:
    return f"{row['network']} under {row['corruption']}, severity {row['severity']}"


def _percent_of(values: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Each network's row as percent of the baseline's."""
    if baseline not in values.index:
        raise SupError(f"baseline network {baseline!r} is not in the table; it has {', '.join(values.index)}")
    return 100 * values / values.loc[baseline].where(lambda error: error > 0)
