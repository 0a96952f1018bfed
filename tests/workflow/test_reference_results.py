"""A fresh run of the demo agrees with the stored results."""

import csv
from statistics import fmean

import pytest

from tests.workflow.conftest import REPOSITORY

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

RECORDS = "results/evaluations/synthetic_driving/psmnet/demo/from-psmnet.csv"


def test_psmnet_under_its_own_sups(workspace):
    """All three epsilons, against both references; one point of D1 is what implementations may differ by."""
    finished = workspace.snakemake(RECORDS, config="config.yaml")
    assert finished.returncode == 0, finished.stdout[-4000:]
    records = list(csv.DictReader(workspace.read(RECORDS).decode().splitlines()))
    with (REPOSITORY / "reference_results/demo/transfer.csv").open(newline="") as file:
        stored = [
            row
            for row in csv.DictReader(file)
            if (row["dataset"], row["target"], row["source"]) == ("synthetic_driving", "psmnet", "psmnet")
            and row["size"] == "tile64"
        ]
    assert len(stored) == 6
    for row in stored:
        same = [r for r in records if (r["epsilon"], r["reference"]) == (row["epsilon"], row["reference"])]
        assert len(same) == int(row["n_images"]) == 48
        assert fmean(float(r["d1"]) for r in same) == pytest.approx(float(row["d1_mean"]), abs=1)
