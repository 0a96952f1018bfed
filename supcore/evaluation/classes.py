"""Errors within the classes of a scene, such as road, car and sky."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import torch
from torch import Tensor

from supcore.errors import SupError
from supcore.evaluation.conditions import Condition
from supcore.evaluation.predictions import Prediction, Target, predict_attacked
from supcore.evaluation.records import KEY, Metric, Row, condition_columns, metrics_of
from supcore.metrics import valid_pixels

# Cityscapes train ids.
CLASSES = (
    "road",
    "sidewalk",
    "building",
    "wall",
    "fence",
    "pole",
    "traffic light",
    "traffic sign",
    "vegetation",
    "terrain",
    "sky",
    "person",
    "rider",
    "car",
    "truck",
    "bus",
    "train",
    "motorcycle",
    "bicycle",
)
LABELS = ("class_id", "class", "reference", "image")


def evaluate_classes(
    target: Target, conditions: Sequence[Condition], *, min_pixels: int = 25, as_published: bool = False
) -> pd.DataFrame:
    """Errors of every image and class under every condition, against ground truth and the clean prediction.

    An image counts for a class if it has at least ``min_pixels`` pixels of it at the working size (the paper: 25);
    errors are over those of them that the reference knows (> 0).

    Args:
        target: network, pairs with class maps of the left views, and clean predictions.
        conditions: what to perturb with; clean images are compared with ground truth only.
        min_pixels: of a class in an image.
        as_published: the release's EPE against the clean prediction, over all pixels of the class; its D1 leaves out
            those that are predicted 0 on clean images.

    Returns:
        One row per condition, image, class in it and reference; D1 in percent, EPE in pixels and
        :attr:`Target.metrics`, all empty where the reference has no valid pixel in the class.

    Raises:
        SupError: no pair has a class map.
    """
    rows: list[Row] = []
    metrics = metrics_of(target)
    by_reference = {"clean": {**metrics, "epe": mean_error}} if as_published else {}
    for prediction in predict_attacked(target, conditions):
        for name in prediction.references:
            rows += _rows(prediction, name, by_reference.get(name, metrics), min_pixels)
    if not rows:
        raise SupError(
            f"data set {target.dataset}: no class with {min_pixels} pixels in any image; set "
            "layout_options.segmentation of the data set to its class maps"
        )
    table = pd.DataFrame(rows).assign(dataset=target.dataset, target=target.name)[[*KEY, *LABELS, *metrics, "n_valid"]]
    order = ["source", "size", "epsilon", "seed", "class_id", "reference", "image"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def mean_error(disparity: Tensor, reference: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute disparity error over the pixels of a mask, whatever the reference: N values in pixels.

    Examples:
        >>> reference = torch.tensor([[[[10.0, 0.0, 50.0]]]])
        >>> mean_error(reference + 2, reference, reference < 50).tolist()
        [2.0]
    """
    error = torch.where(mask, (disparity - reference).abs(), 0).to(torch.float64)
    return error.flatten(1).sum(1) / mask.flatten(1).sum(1).clamp(min=1)


def _rows(prediction: Prediction, reference_name: str, metrics: Mapping[str, Metric], min_pixels: int) -> Iterator[Row]:
    classes, reference = prediction.batch.classes, prediction.references[reference_name]
    for class_id, name in enumerate(CLASSES):
        inside = classes == class_id
        wanted = (inside.flatten(1).sum(1) >= min_pixels).tolist()
        if not any(wanted):
            continue
        counts = valid_pixels(reference, inside).flatten(1).sum(1).tolist()
        errors = {column: of(prediction.disparity, reference, mask=inside).tolist() for column, of in metrics.items()}
        for place, (image, use, count) in enumerate(zip(prediction.batch.images, wanted, counts, strict=True)):
            if use:
                yield {
                    **condition_columns(prediction.condition),
                    "class_id": class_id,
                    "class": name,
                    "reference": reference_name,
                    "image": image,
                    **{column: found[place] if count else None for column, found in errors.items()},
                    "n_valid": count,
                }
