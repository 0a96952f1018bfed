"""What must have come of a rehearsed configuration, and which published numbers got one of ours beside it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd


@dataclass
class Outcome:
    """One configuration after its run.

    Attributes:
        name: of the configuration.
        minutes: that it took.
        jobs: that it had.
        plots: of the paper that were drawn.
        comparison: its ``paper_comparison.csv``; empty if it was not made.
        problems: what is wrong, a line each.
    """

    name: str
    minutes: float
    jobs: int
    plots: int = 0
    comparison: pd.DataFrame = field(default_factory=pd.DataFrame)
    problems: list[str] = field(default_factory=list)


def outcome(name: str, results: Path, minutes: float, log: str, planned: str) -> Outcome:
    """Look at what a run left.

    Args:
        name: of the configuration.
        results: its folder of results.
        minutes: that it took.
        log: what Snakemake said.
        planned: what a dry run after it says.
    """
    found = Outcome(name, minutes, jobs=int((re.findall(r"^total +(\d+)", log, re.MULTILINE) or ["0"])[0]))
    if "Nothing to be done" not in planned:
        found.problems.append("not every file of the rule all is there; see the log")
    table = results / "tables/paper_comparison.csv"
    if not table.is_file():
        found.problems.append(f"{table} is missing")
        return found
    found.comparison = pd.read_csv(table, keep_default_na=False, na_values={"ours": [""]})
    unexplained = found.comparison["ours"].isna() & (found.comparison["reason"] == "")
    if unexplained.any():
        found.problems.append(f"{unexplained.sum()} published numbers have neither ours beside them nor a reason")
    found.plots = len(list((results / "figures/paper").glob("*.png")))
    pages = ("index.html", "leaderboard.html", "report.html")
    found.problems += [f"{results / page} is missing" for page in pages if not (results / page).is_file()]
    return found


def counts(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Published numbers by where they stand, and how many got one of ours in each configuration and in any of them."""
    filled: Mapping[str, pd.Series] = {o.name: o.comparison["ours"].notna() for o in outcomes if len(o.comparison)}
    if not filled:
        return pd.DataFrame()
    origin = next(o.comparison["origin"] for o in outcomes if len(o.comparison))
    table = pd.DataFrame({"published": True, **filled, "any": pd.DataFrame(filled).any(axis=1)})
    by_origin = table.groupby(origin).sum()
    return pd.concat([by_origin, by_origin.sum().to_frame("total").T])
