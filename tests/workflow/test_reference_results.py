"""A fresh run of the demo agrees with the stored results, as far as rounding on another processor lets it."""

import csv
from collections import defaultdict
from statistics import fmean, stdev

import pytest

from tests.workflow.conftest import REPOSITORY

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

RECORDS = "results/evaluations/synthetic_driving/psmnet/demo/from-psmnet.csv"
STORED = REPOSITORY / "reference_results/demo"


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def interval():
    """Where a fresh run may lie, by epsilon and reference.

    The stored runs of the demo's seed, one for each kind of processor, with one standard deviation over the seeds
    around them: what rounding amplifies to on yet another processor is at most another SUP.
    """
    kinds, seeds = defaultdict(list), defaultdict(list)
    for row in rows(STORED / "spread.csv"):
        cell, d1 = (row["epsilon"], row["reference"]), float(row["d1_mean"])
        if row["run"].endswith("seed 0"):
            kinds[cell].append(d1)
        if row["run"].startswith("AVX-512"):
            seeds[cell].append(d1)
    return {cell: (min(d1) - stdev(seeds[cell]), max(d1) + stdev(seeds[cell])) for cell, d1 in kinds.items()}


def test_psmnet_under_its_own_sups(workspace, interval):
    """Both epsilons, against both references."""
    finished = workspace.snakemake(RECORDS, config="config/config.yaml")
    assert finished.returncode == 0, finished.stdout[-4000:]
    records = list(csv.DictReader(workspace.read(RECORDS).decode().splitlines()))
    assert len(interval) == 4
    for (epsilon, reference), (low, high) in interval.items():
        same = [r for r in records if (r["epsilon"], r["reference"], r["seed"]) == (epsilon, reference, "0")]
        assert len(same) == 24
        assert low < fmean(float(r["d1"]) for r in same) < high


def test_the_stored_table_is_one_of_the_stored_runs():
    stored = {
        (row["epsilon"], row["reference"]): float(row["d1_mean"])
        for row in rows(STORED / "transfer.csv")
        if (row["dataset"], row["target"], row["source"]) == ("synthetic_driving", "psmnet", "psmnet")
        and (row["size"], row["seed"]) == ("tile48", "0")
    }
    spread = rows(STORED / "spread.csv")
    own = {(r["epsilon"], r["reference"]): float(r["d1_mean"]) for r in spread if r["run"] == "AVX-512, seed 0"}
    assert own == pytest.approx(stored, abs=1e-4)
