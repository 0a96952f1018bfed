"""Errors within the classes of a scene, such as road, car and sky."""

from collections.abc import Iterator, Sequence

import pandas as pd
import torch
from torch import Tensor

from supcore.errors import SupError
from supcore.evaluation.conditions import Condition
from supcore.evaluation.predictions import Prediction, Target, predict_attacked
from supcore.evaluation.records import KEY, Row, condition_columns
from supcore.metrics import d1_error, end_point_error, valid_pixels

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
ERRORS = ("class_id", "class", "reference", "image", "d1", "epe", "n_valid")


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
        One row per condition, image, class in it and reference; D1 in percent and EPE in pixels, both empty where the
        reference has no valid pixel in the class.

    Raises:
        SupError: no pair has a class map.
    """
    rows: list[Row] = []
    for prediction in predict_attacked(target, conditions):
        rows += _rows(prediction, min_pixels, as_published)
    if not rows:
        raise SupError(
            f"data set {target.dataset}: no class with {min_pixels} pixels in any image; set "
            "layout_options.segmentation of the data set to its class maps"
        )
    table = pd.DataFrame(rows).assign(dataset=target.dataset, target=target.name)[[*KEY, *ERRORS]]
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


def _rows(prediction: Prediction, min_pixels: int, as_published: bool) -> Iterator[Row]:
    classes = prediction.batch.classes
    for class_id, name in enumerate(CLASSES):
        inside = classes == class_id
        wanted = (inside.flatten(1).sum(1) >= min_pixels).tolist()
        if not any(wanted):
            continue
        for reference_name, reference in prediction.references.items():
            counts = valid_pixels(reference, inside).flatten(1).sum(1).tolist()
            epe_of = mean_error if as_published and reference_name == "clean" else end_point_error
            errors = [error_of(prediction.disparity, reference, inside).tolist() for error_of in (d1_error, epe_of)]
            for image, use, count, d1, epe in zip(prediction.batch.images, wanted, counts, *errors, strict=True):
                if use:
                    yield {
                        **condition_columns(prediction.condition),
                        "class_id": class_id,
                        "class": name,
                        "reference": reference_name,
                        "image": image,
                        "d1": d1 if count else None,
                        "epe": epe if count else None,
                        "n_valid": count,
                    }
