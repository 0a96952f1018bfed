"""How much of a targeted SUP's disparity a network predicts."""

from collections.abc import Mapping, Sequence

import pandas as pd

from supcore.attack.goal import Goal
from supcore.evaluation.conditions import Condition
from supcore.evaluation.predictions import Target, predict_attacked
from supcore.evaluation.records import KEY, Row, measured, metrics_of
from supcore.metrics import target_success

REFERENCE = "goal"


def evaluate_goals(target: Target, conditions: Sequence[Condition], goals: Mapping[str, Goal]) -> pd.DataFrame:
    """Success and errors of every image under every condition, against what a goal makes of its clean prediction.

    Args:
        target: network, pairs and clean predictions.
        conditions: what to perturb with, clean images among them; the label ``goal`` names the goal.
        goals: by that name.

    Returns:
        One row per condition and image: ``success`` in percent as :func:`~supcore.metrics.target_success` has it, D1 in
        percent, EPE in pixels and :attr:`Target.metrics`, all empty where the goal is positive at no pixel.
    """
    rows: list[Row] = []
    metrics = {"success": target_success, **metrics_of(target)}
    for prediction in predict_attacked(target, conditions):
        clean = prediction.references.get("clean", prediction.disparity)
        aim = goals[prediction.condition.labels["goal"]].disparity(clean)
        rows += measured(prediction, REFERENCE, aim, metrics)
    columns = [*KEY, "goal", "reference", "image", *metrics, "n_valid"]
    table = pd.DataFrame(rows).assign(dataset=target.dataset, target=target.name)[columns]
    order = ["goal", "source", "size", "epsilon", "seed", "image"]
    return table.sort_values(order, kind="stable", ignore_index=True)
