"""Predictions of a network: the cached clean ones, and those under every condition beside their references."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from supcore.data.dataset import StereoDataset
from supcore.data.loading import load_batches
from supcore.errors import SupError, shown
from supcore.evaluation.conditions import Batch, Condition
from supcore.files import atomic_path, require_regular
from supcore.networks import StereoNetwork


@dataclass(frozen=True)
class Prediction:
    """What a network says about one batch under one condition.

    Attributes:
        condition: what the images were perturbed with.
        batch: the unperturbed pairs.
        disparity: N×1×H×W in pixels.
        references: by name, what to compare with: ``ground_truth``, where the pairs tell occluded pixels from others
            also ``ground_truth_visible`` and ``ground_truth_occluded``, and ``clean`` unless the images are clean.
    """

    condition: Condition
    batch: Batch
    disparity: Tensor
    references: dict[str, Tensor]


@dataclass(frozen=True)
class Target:
    """A network that is attacked on the pairs of a data set.

    Attributes:
        network: the attacked network.
        pairs: images, ground truth and class maps.
        clean_predictions: file of the network's predictions on them, see :func:`predict_clean`.
        dataset: name for the records.
        name: of the network, for the records.
        batch: images per forward pass.
        workers: processes that decode images; 0 decodes in this one.
        metrics: what is measured beside D1 and EPE, of :data:`supcore.metric_names.BAD_PIXELS`.
    """

    network: StereoNetwork
    pairs: StereoDataset
    clean_predictions: str | Path
    dataset: str
    name: str
    batch: int = 1
    workers: int = 0
    metrics: Sequence[str] = ()

    def batches(self) -> Iterator[Batch]:
        """All pairs in order, on the network's device."""
        device, count = self.network.device, len(self.pairs)
        groups = [list(range(first, min(first + self.batch, count))) for first in range(0, count, self.batch)]
        loaded = load_batches(self.pairs, groups, workers=self.workers)
        for images, items in zip(groups, loaded, strict=True):
            left, right = items.views(device)
            yield Batch(images, left, right, items.disparity.to(device), items.classes.to(device))

    def truths(self, batch: Batch) -> dict[str, Tensor]:
        """The ground truth by name: all of it, and where the pairs tell these apart, what both cameras see and not."""
        masks = [self.pairs.visible(image) for image in batch.images]
        if all(mask is None for mask in masks):
            return {"ground_truth": batch.truth}
        nowhere = torch.zeros(batch.truth.shape[1:], dtype=torch.bool)
        seen, hidden = (
            torch.stack([nowhere if mask is None else mask ^ inverted for mask in masks]).to(batch.truth.device)
            for inverted in (False, True)
        )
        split = {"ground_truth_visible": batch.truth * seen, "ground_truth_occluded": batch.truth * hidden}
        return {"ground_truth": batch.truth, **split}


def predict_clean(target: Target) -> None:
    """Write the clean predictions of all pairs as one float32 N×1×H×W ``.npy``, a batch at a time."""
    # Plain writes, not a memory map: on a full disk they raise an error where a map would crash the process.
    with atomic_path(target.clean_predictions) as temporary, temporary.open("wb") as stream:
        for items in target.batches():
            disparity = target.network.predict(items.left, items.right).cpu().numpy().astype("<f4")
            if items.images[0] == 0:
                shape = (len(target.pairs), *disparity.shape[1:])
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(stream, header)
            stream.write(disparity.tobytes())


def predict_attacked(target: Target, conditions: Sequence[Condition]) -> Iterator[Prediction]:
    """Predictions of every batch under every condition.

    Raises:
        SupError: the clean predictions are damaged or belong to other pairs.
    """
    stored = open_predictions(target.clean_predictions, target.pairs)
    for items in target.batches():
        truths = target.truths(items)
        clean = torch.from_numpy(np.array(stored[items.images[0] : items.images[-1] + 1])).to(items.left.device)
        for condition in conditions:
            if condition.perturb is None:
                yield Prediction(condition, items, clean, truths)
            else:
                disparity = target.network.predict(*condition.perturb(items))
                yield Prediction(condition, items, disparity, {**truths, "clean": clean})


def open_predictions(path: str | Path, pairs: StereoDataset) -> np.ndarray:
    """The clean predictions that :func:`predict_clean` wrote, mapped.

    Raises:
        SupError: they are damaged or belong to other pairs.
    """
    try:
        require_regular(path)
        stored: np.ndarray = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # a damaged header surfaces as almost any exception
        raise SupError(
            f"{path}: clean predictions cannot be read ({shown(error)}); delete the file and run again"
        ) from error
    wanted = (len(pairs), *pairs[0].disparity.shape)
    if stored.shape != wanted or stored.dtype != np.dtype("<f4"):
        raise SupError(
            f"{path}: holds {stored.dtype} {stored.shape}, not predictions {wanted}; delete the file and run again"
        )
    return stored
