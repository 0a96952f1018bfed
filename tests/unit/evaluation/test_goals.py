"""Records of targeted SUPs."""

import numpy as np
import pandas as pd
import pytest
import torch

from supcore.attack.goal import Goal
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.goals import evaluate_goals
from supcore.metrics import end_point_error, target_success
from supcore.reporting.summary import read_csv, write_csv
from supcore.studies import make_study

GOALS = {"shift 5": Goal(shift=5.0), "scale 2": Goal(scale=2.0), "shift -99": Goal(shift=-99.0)}


@pytest.fixture
def case(make_target, make_samples):
    return make_target(make_samples(3, seed=4))


def test_predictions_are_compared_with_what_the_goal_makes_of_the_clean_one(case, noise):
    conditions = [Condition("none", labels={"goal": name}) for name in GOALS]
    conditions.append(Condition("x", "tile8x16", "0.05", "0", universal(noise), {"goal": "shift 5"}))
    records = evaluate_goals(case, conditions, GOALS).set_index(["goal", "source", "image"])
    clean = torch.from_numpy(np.load(case.clean_predictions))
    assert set(records["reference"]) == {"goal"}
    for index in range(3):
        one = clean[index : index + 1]
        for name in ("shift 5", "scale 2"):
            row = records.loc[(name, "none", index)]
            assert row["success"] == target_success(one, GOALS[name].disparity(one)).item()
            assert row["epe"] == end_point_error(one, GOALS[name].disparity(one)).item()
        assert records.loc[("shift 5", "none", index), ["success", "epe"]].tolist() == [0.0, pytest.approx(5)]
        empty = records.loc[("shift -99", "none", index)]
        assert empty["n_valid"] == 0
        assert pd.isna(empty["success"])
        views = noise(*case.pairs[index].views("cpu"))
        attacked = case.network.predict(*views)
        expected = end_point_error(attacked, one + 5).item()
        assert records.loc[("shift 5", "x", index), "epe"] == pytest.approx(expected, abs=1e-3)


def test_the_table_has_the_success_with_its_interval_for_each_goal(tmp_path):
    base = {"dataset": "street", "target": "psmnet", "source": "none", "size": "", "epsilon": 0.0, "seed": pd.NA}
    base |= {"reference": "goal", "d1": 90.0, "epe": 4.0, "n_valid": 9}
    rows = [
        {**base, "goal": g, "image": i, "success": s + i} for g, s in (("shift 5", 1.0), ("x", 50.0)) for i in (0, 2)
    ]
    write_csv(pd.DataFrame(rows), tmp_path / "records.csv")
    study = make_study("targeted", {"targets": {"near": {"shift": 5}}})
    table = study.table([tmp_path / "records.csv"], {}, None, 0)
    write_csv(table, tmp_path / "table.csv")
    assert list(read_csv(tmp_path / "table.csv", study.columns())) == list(table)
    assert table["goal"].tolist() == ["shift 5", "x"]
    assert table["success_mean"].tolist() == [2.0, 51.0]
    assert table[["success_ci_low", "success_ci_high", "d1_mean"]].to_numpy().tolist() == [
        [1.0, 3.0, 90.0],
        [50.0, 52.0, 90.0],
    ]
