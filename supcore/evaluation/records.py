"""Per-image errors of a network under perturbations."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from torch import Tensor

from supcore.evaluation.conditions import Condition
from supcore.evaluation.predictions import Prediction, Target, predict_attacked
from supcore.files import atomic_path
from supcore.metric_names import BAD_PIXELS, asked_metrics
from supcore.metrics import bad_pixels, d1_error, end_point_error, valid_pixels

KEY = ("dataset", "target", "source", "size", "epsilon", "seed")
ERRORS = ("reference", "image", "d1", "epe", "n_valid")

Row = dict[str, object]
Metric = Callable[..., Tensor]  # of prediction and reference, and perhaps of a mask
METRICS: Mapping[str, Metric] = {"d1": d1_error, "epe": end_point_error}


def metrics_of(target: Target) -> dict[str, Metric]:
    """Column to what stands in it: D1, EPE, and what else is asked of the target."""
    further = {name: partial(bad_pixels, limit=BAD_PIXELS[name]) for name in asked_metrics(target.metrics)}
    return {**METRICS, **further}


def evaluate(target: Target, conditions: Sequence[Condition]) -> pd.DataFrame:
    """Errors of every image under every condition, against ground truth and against the clean prediction.

    Args:
        target: network, pairs and clean predictions.
        conditions: what to perturb with; clean images are compared with ground truth only.

    Returns:
        One row per condition, image and reference: what was attacked and how, the labels of the condition, D1 in
        percent, EPE in pixels and :attr:`Target.metrics`, all empty where the reference has no valid pixel (``n_valid``
        0).
    """
    rows: list[Row] = []
    metrics = metrics_of(target)
    for prediction in predict_attacked(target, conditions):
        for name, reference in prediction.references.items():
            rows += measured(prediction, name, reference, metrics)
    labels = list(conditions[0].labels)
    columns = [*KEY, *labels, "reference", "image", *metrics, "n_valid"]
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


def measured(
    prediction: Prediction, name: str, reference: Tensor, metrics: Mapping[str, Metric] = METRICS
) -> Iterator[Row]:
    """One row per image of a prediction, compared with a reference that is called ``name`` there.

    Args:
        prediction: of a batch.
        name: of the reference.
        reference: N×1×H×W, pixels.
        metrics: column to what stands in it, N values of prediction and reference; empty without a valid pixel.
    """
    counts = valid_pixels(reference).flatten(1).sum(1).tolist()
    values = {column: metric(prediction.disparity, reference).tolist() for column, metric in metrics.items()}
    for place, (image, count) in enumerate(zip(prediction.batch.images, counts, strict=True)):
        yield {
            **condition_columns(prediction.condition),
            "reference": name,
            "image": image,
            **{column: found[place] if count else None for column, found in values.items()},
            "n_valid": count,
        }
