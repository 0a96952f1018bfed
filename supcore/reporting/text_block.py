"""The text that the paper's evaluation code prints, for comparison with its README line by line."""

from collections.abc import Iterable, Mapping

import pandas as pd

_TITLES = {"clean": "Error w.r.t. clean images", "ground_truth": "Error w.r.t. ground truth"}


def validation_text(records: pd.DataFrame, steps: Mapping[tuple[str, str, str], int | None]) -> str:
    """One block for each perturbation of one source, under a line with its size, epsilon and seed.

    Args:
        records: per-image records with size, epsilon and seed as text.
        steps: (size, epsilon, seed) to the optimization steps behind the perturbation.
    """
    blocks = []
    for (size, epsilon, seed), step in steps.items():
        same = (records["size"] == size) & (records["epsilon"] == epsilon) & (records["seed"] == seed)
        blocks.append(f"{size}, epsilon {epsilon}, seed {seed}\n{validation_block(records[same], step)}")
    return "\n".join(blocks)


def validation_block(records: pd.DataFrame, train_step: int | None) -> str:
    """Mean and population standard deviation over images of one condition, against both references.

    Args:
        records: per-image records of one source, size, epsilon and seed; D1 in percent, EPE in pixels.
        train_step: optimization steps behind the perturbation; None prints N/A, as for clean images.
    """
    lines = [f"Validation results @ step={'N/A' if train_step is None else train_step}:"]
    for reference, title in _TITLES.items():
        rows = records[(records["reference"] == reference) & (records["n_valid"] > 0)]
        if len(rows):
            numbers = [s for metric in ("d1", "epe") for s in (rows[metric].mean(), rows[metric].std(ddof=0))]
            lines += [title, _columns(("D1-Error", "+/-", "EPE", "+/-")), _columns(f"{n:.4f}" for n in numbers)]
    return "\n".join(lines) + "\n"


def _columns(cells: Iterable[str]) -> str:
    return "  ".join(f"{cell:>10}" for cell in cells)
