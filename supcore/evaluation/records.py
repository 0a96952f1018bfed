"""Per-image errors of a network under perturbations, and its cached clean predictions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from supcore.data.dataset import StereoDataset, StereoPair, stack_pairs, to_unit_range
from supcore.errors import SupError
from supcore.files import atomic_path
from supcore.metrics import d1_error, end_point_error, valid_pixels
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation

COLUMNS = (
    "dataset",
    "target",
    "source",
    "size",
    "epsilon",
    "seed",
    "reference",
    "image",
    "d1",
    "epe",
    "n_valid",
)


@dataclass(frozen=True)
class Condition:
    """One line of attack: what the images were perturbed with, as it stands in the tables.

    Attributes:
        source: network that the SUP was optimised on, ``noise``, or ``none`` for clean images.
        size: ``tile64`` … or ``full``; empty for clean images.
        epsilon: as text; ``0`` for clean images.
        seed: of the SUP or of the noise; empty for clean images.
        perturbation: None for clean images.
    """

    source: str
    size: str = ""
    epsilon: str = "0"
    seed: str = ""
    perturbation: StereoPerturbation | None = None


def predict_clean(network: StereoNetwork, pairs: StereoDataset, path: str | Path, *, batch: int) -> None:
    """Write the clean predictions of all pairs as one float32 N×1×H×W ``.npy``, a batch at a time."""
    # Plain writes, not a memory map: on a full disk they raise an error where a map would crash the process.
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        for first, _, left, right in _batches(network, pairs, batch):
            disparity = network.predict(left, right).cpu().numpy().astype("<f4")
            if first == 0:
                shape = (len(pairs), *disparity.shape[1:])
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(stream, header)
            stream.write(disparity.tobytes())


def evaluate(
    network: StereoNetwork,
    pairs: StereoDataset,
    clean_predictions: str | Path,
    conditions: Sequence[Condition],
    *,
    dataset: str,
    target: str,
    batch: int,
) -> pd.DataFrame:
    """Errors of every image under every condition, against ground truth and against the clean prediction.

    Args:
        network: the attacked network.
        pairs: images and ground truth.
        clean_predictions: file of :func:`predict_clean` for the same network and pairs.
        conditions: what to perturb with; clean images are compared with ground truth only.
        dataset: name for the records.
        target: name of the network for the records.
        batch: images a forward pass.

    Returns:
        One row per condition, image and reference, with the columns of the per-image records; D1 in percent, EPE in
        pixels, both empty where the reference has no valid pixel (``n_valid`` 0).
    """
    clean = _open_predictions(clean_predictions, pairs)
    rows: list[dict[str, object]] = []
    for first, items, left, right in _batches(network, pairs, batch):
        last = first + len(left)
        cached = torch.from_numpy(np.array(clean[first:last])).to(left.device)
        references = {"ground_truth": items.disparity.to(left.device), "clean": cached}
        for condition in conditions:
            if condition.perturbation is None:
                rows += _rows(condition, "ground_truth", cached, references["ground_truth"], first)
                continue
            attacked = network.predict(*condition.perturbation(left, right))
            for name, reference in references.items():
                rows += _rows(condition, name, attacked, reference, first)
    table = pd.DataFrame(rows).assign(dataset=dataset, target=target)[list(COLUMNS)]
    return table.sort_values(["size", "epsilon", "seed", "reference", "image"], kind="stable", ignore_index=True)


def write_records(records: pd.DataFrame, path: str | Path) -> None:
    """Write per-image records as CSV with six decimals, atomically."""
    with atomic_path(path) as temporary:
        records.to_csv(temporary, index=False, float_format="%.6f", lineterminator="\n")


def _rows(
    condition: Condition, reference_name: str, disparity: Tensor, reference: Tensor, first: int
) -> Iterator[dict[str, object]]:
    counts = valid_pixels(reference).flatten(1).sum(1).tolist()
    errors = zip(d1_error(disparity, reference).tolist(), end_point_error(disparity, reference).tolist(), strict=True)
    for offset, (count, (d1, epe)) in enumerate(zip(counts, errors, strict=True)):
        yield {
            "source": condition.source,
            "size": condition.size,
            "epsilon": condition.epsilon,
            "seed": condition.seed,
            "reference": reference_name,
            "image": first + offset,
            "d1": d1 if count else None,
            "epe": epe if count else None,
            "n_valid": count,
        }


def _batches(
    network: StereoNetwork, pairs: StereoDataset, batch: int
) -> Iterator[tuple[int, StereoPair, Tensor, Tensor]]:
    device = next(network.parameters()).device
    for first in range(0, len(pairs), batch):
        items = stack_pairs([pairs[i] for i in range(first, min(first + batch, len(pairs)))])
        yield first, items, to_unit_range(items.left).to(device), to_unit_range(items.right).to(device)


def _open_predictions(path: str | Path, pairs: StereoDataset) -> np.ndarray:
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SupError(f"{path}: clean predictions cannot be read ({error}); delete the file and run again") from error
    wanted = (len(pairs), *pairs[0].disparity.shape)
    if stored.shape != wanted:
        raise SupError(
            f"{path}: holds predictions of shape {stored.shape}, not {wanted}; delete the file and run again"
        )
    return stored
