"""A fresh run of the demo agrees with the stored results, as far as rounding on another processor lets it."""

import csv
import math
from collections import defaultdict
from statistics import fmean, stdev

import pytest
from scipy import stats

from tests.workflow.conftest import REPOSITORY

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

RECORDS = "results/evaluations/synthetic_driving/psmnet/demo/from-psmnet.csv"
STORED = REPOSITORY / "reference_results/demo"
FALSE_ALARMS = 0.01  # of a run of the right code


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def interval():
    """What one more run must give, by epsilon and reference: the interval predicted by the stored runs (Student's)."""
    runs = defaultdict(list)
    for row in rows(STORED / "spread.csv"):
        runs[row["epsilon"], row["reference"]].append(float(row["d1_mean"]))
    intervals = {}
    for cell, values in runs.items():
        quantile = stats.t.ppf(1 - FALSE_ALARMS / 2 / len(runs), len(values) - 1)
        half = quantile * stdev(values) * math.sqrt(1 + 1 / len(values))
        intervals[cell] = (fmean(values) - half, fmean(values) + half)
    return intervals


def test_psmnet_under_its_own_sups(workspace, interval):
    """All three epsilons, against both references."""
    finished = workspace.snakemake(RECORDS, config="config.yaml")
    assert finished.returncode == 0, finished.stdout[-4000:]
    records = list(csv.DictReader(workspace.read(RECORDS).decode().splitlines()))
    for (epsilon, reference), (low, high) in interval.items():
        same = [r for r in records if (r["epsilon"], r["reference"]) == (epsilon, reference)]
        assert len(same) == 48
        assert low < fmean(float(r["d1"]) for r in same) < high


def test_the_stored_table_is_one_of_the_stored_runs():
    stored = {
        (row["epsilon"], row["reference"]): float(row["d1_mean"])
        for row in rows(STORED / "transfer.csv")
        if (row["dataset"], row["target"], row["source"]) == ("synthetic_driving", "psmnet", "psmnet")
        and row["size"] == "tile64"
    }
    spread = rows(STORED / "spread.csv")
    own = {(r["epsilon"], r["reference"]): float(r["d1_mean"]) for r in spread if r["run"] == "AVX-512, seed 0"}
    assert own == pytest.approx(stored, abs=1e-4)
