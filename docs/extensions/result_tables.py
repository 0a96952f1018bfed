"""Tables of D1 in the README and the documentation, from the stored results: ``make result-tables`` writes them.

A table stands between ``<!-- results: FILE ROWS COLUMNS KEY=VALUE|VALUE … -->`` and ``<!-- end of results -->``: the
file below ``reference_results/``, the columns whose values become rows and columns, and what the others must be.
A cell is the mean over seeds, ± their standard deviation where there are several, and with the last word ``intervals``
the interval over images where there are several of these.
"""

import re
from pathlib import Path

import pandas as pd

from supcore.reporting.labels import SORT_KEYS, label

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
TABLE = re.compile(r"(<!-- results: (.+?) -->\n).*?(<!-- end of results -->\n)", re.DOTALL)


def written(page: str) -> str:
    """The page with its tables as they should be."""
    return TABLE.sub(lambda match: f"{match[1]}\n{table(match[2])}\n\n{match[3]}", page)


def table(wanted: str) -> str:
    """One table, as the words of its mark say.

    Raises:
        ValueError: a cell would hold several numbers that are no seeds of one another.
    """
    file, rows, columns, *conditions = wanted.removesuffix(" intervals").split()
    found = pd.read_csv(REPOSITORY / "reference_results" / file, dtype="str", keep_default_na=False)
    for key, _, values in (condition.partition("=") for condition in conditions):
        found = found[found[key].isin(values.split("|"))]
    cells = found.groupby([rows, columns], sort=False)
    if cells["seed"].apply(lambda seeds: seeds.duplicated().any()).any():
        raise ValueError(f"{wanted}: say more about what the cells are")
    write = _with_interval if wanted.endswith(" intervals") else _over_seeds
    printed = cells.apply(write).unstack(columns)
    printed = printed.loc[_sorted(rows, printed.index), _sorted(columns, printed.columns)]
    return str(printed.rename(index=label, columns=label).rename_axis(rows).to_markdown(disable_numparse=True))


def _over_seeds(cell: pd.DataFrame) -> str:
    seeds = cell["d1_mean"].astype(float)
    return f"{seeds.mean():.1f}" if len(seeds) == 1 else f"{seeds.mean():.1f} ± {seeds.std():.1f}"


def _with_interval(cell: pd.DataFrame) -> str:
    ((images, mean, low, high),) = cell[["n_images", "d1_mean", "d1_ci_low", "d1_ci_high"]].astype(float).to_numpy()
    return f"{mean:.1f}" if images == 1 else f"{mean:.1f} ({low:.0f} to {high:.0f})"


def _sorted(column: str, values: "pd.Index[str]") -> list[str]:
    return sorted(values, key=SORT_KEYS[column]) if column in SORT_KEYS else list(values)


if __name__ == "__main__":
    for path in PAGES:
        old = path.read_text(encoding="utf-8")
        if (new := written(old)) != old:
            path.write_text(new, encoding="utf-8")
            print(path)
