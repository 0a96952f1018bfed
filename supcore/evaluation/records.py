"""Per-image errors of a network under perturbations."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from supcore.evaluation.conditions import Condition
from supcore.evaluation.predictions import Prediction, Target, predict_attacked
from supcore.files import atomic_path
from supcore.metrics import d1_error, end_point_error, valid_pixels

KEY = ("dataset", "target", "source", "size", "epsilon", "seed")
ERRORS = ("reference", "image", "d1", "epe", "n_valid")

Row = dict[str, object]


def evaluate(target: Target, conditions: Sequence[Condition]) -> pd.DataFrame:
    """Errors of every image under every condition, against ground truth and against the clean prediction.

    Args:
        target: network, pairs and clean predictions.
        conditions: what to perturb with; clean images are compared with ground truth only.

    Returns:
        One row per condition, image and reference: what was attacked and how, the labels of the condition, D1 in
        percent and EPE in pixels, both empty where the reference has no valid pixel (``n_valid`` 0).
    """
    rows: list[Row] = []
    for prediction in predict_attacked(target, conditions):
        for name in prediction.references:
            rows += _rows(prediction, name)
    labels = list(conditions[0].labels)
    columns = [*KEY, *labels, *ERRORS]
    table = pd.DataFrame(rows).assign(dataset=target.dataset, target=target.name)[columns]
    order = ["size", "epsilon", "seed", *labels, "reference", "image"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def write_records(records: pd.DataFrame, path: str | Path) -> None:
    """Write per-image records as CSV with six decimals, atomically."""
    with atomic_path(path) as temporary:
        records.to_csv(temporary, index=False, float_format="%.6f", lineterminator="\n")


def condition_columns(condition: Condition) -> Row:
    """How a condition stands in the records."""
    names = {name: getattr(condition, name) for name in ("source", "size", "epsilon", "seed")}
    return {**names, **condition.labels}


def _rows(prediction: Prediction, reference_name: str) -> Iterator[Row]:
    reference = prediction.references[reference_name]
    counts = valid_pixels(reference).flatten(1).sum(1).tolist()
    errors = [metric(prediction.disparity, reference).tolist() for metric in (d1_error, end_point_error)]
    for image, count, d1, epe in zip(prediction.batch.images, counts, *errors, strict=True):
        yield {
            **condition_columns(prediction.condition),
            "reference": reference_name,
            "image": image,
            "d1": d1 if count else None,
            "epe": epe if count else None,
            "n_valid": count,
        }
