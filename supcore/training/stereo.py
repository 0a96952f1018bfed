"""Training a stereo network on pairs with ground truth: Adam, the network's own loss, seeded and resumable."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from supcore.data.augmentation import AugmentationOptions, augment
from supcore.data.dataset import StereoPair, to_unit_range
from supcore.metrics import d1_error, end_point_error, valid_pixels
from supcore.networks import StereoNetwork
from supcore.resume import fingerprint, load_checkpoint, save_checkpoint
from supcore.seeding import numpy_generator, torch_generator

Progress = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class TrainingOptions:
    """How to train a stereo network.

    Attributes:
        steps: optimiser steps.
        batch: pairs a step.
        learning_rate: peak of a one-cycle schedule (linear warm-up over a tenth of the steps, cosine to zero).
        gradient_clip: largest norm of the gradient.
        augmentation: crop and photometric change.
        seed: of batches, crops and augmentation.
        checkpoint_every: steps between checkpoints and lines of the history.
    """

    steps: int
    batch: int
    learning_rate: float
    augmentation: AugmentationOptions
    gradient_clip: float = 5.0
    seed: int = 0
    checkpoint_every: int = 250


def train_stereo(
    network: StereoNetwork,
    training: Dataset[StereoPair],
    options: TrainingOptions,
    *,
    checkpoint: str | Path,
    progress: Progress | None = None,
) -> list[dict[str, float]]:
    """Train ``network`` in place and leave it in evaluation mode.

    Every random draw depends on the seed and the step alone, so a run resumed from ``checkpoint`` ends with the same
    weights as one that was never interrupted. The checkpoint is left for the caller to delete.

    Returns:
        The history: one row of step, loss (mean since the last row) and learning rate per checkpoint interval.
    """
    optimiser = torch.optim.Adam(network.parameters(), lr=options.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        options.learning_rate,
        total_steps=options.steps,
        pct_start=max(0.1, 2 / max(options.steps, 3)),
        cycle_momentum=False,
    )
    job = asdict(options) | {"network": fingerprint(network), "pairs": len(training)}  # type: ignore[arg-type]
    history: list[dict[str, float]] = []
    first = 0
    if state := load_checkpoint(checkpoint, job):
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        first, history = state["step"], state["history"]
    device = next(network.parameters()).device
    network.train()
    losses: list[float] = []
    for step in range(first, options.steps):
        left, right, target = (t.to(device) for t in draw_batch(training, options, step))
        drawn = network.random_options(torch_generator(options.seed, "network", step))
        loss = network.loss(network(left, right, **drawn), target)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), options.gradient_clip)
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if (step + 1) % options.checkpoint_every == 0 or step + 1 == options.steps:
            row = {
                "step": step + 1,
                "loss": sum(losses) / len(losses),
                "learning_rate": float(schedule.get_last_lr()[0]),
            }
            losses.clear()
            history.append(row)
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "job": job}
            state |= {"schedule": schedule.state_dict(), "step": step + 1, "history": history}
            save_checkpoint(checkpoint, state)
            if progress:
                progress(step + 1, row)
    network.eval()
    return history


def draw_batch(training: Dataset[StereoPair], options: TrainingOptions, step: int) -> tuple[Tensor, Tensor, Tensor]:
    """The augmented batch of one step: left, right N×3×h×w in [0, 1] and disparity N×1×h×w."""
    random = numpy_generator(options.seed, "batch", step)
    indices = random.integers(len(training), size=options.batch)  # type: ignore[arg-type]
    items = [augment(training[int(i)], options.augmentation, random) for i in indices]
    left, right, disparity = (torch.stack(tensors) for tensors in zip(*items, strict=True))
    return left, right, disparity


def validate(network: StereoNetwork, pairs: Sequence[StereoPair] | Dataset[StereoPair]) -> dict[str, float]:
    """Mean D1 (%) and EPE (px) over pairs with ground truth, and their number.

    The network is left in evaluation mode.
    """
    device = next(network.parameters()).device
    network.eval()
    d1, epe = [], []
    for index in range(len(pairs)):  # type: ignore[arg-type]
        pair = pairs[index]
        left, right = (to_unit_range(v)[None].to(device) for v in (pair.left, pair.right))
        target = pair.disparity[None].to(device)
        if valid_pixels(target).any():
            disparity = network.predict(left, right)
            d1.append(float(d1_error(disparity, target)))
            epe.append(float(end_point_error(disparity, target)))
    return {"d1": sum(d1) / max(len(d1), 1), "epe": sum(epe) / max(len(epe), 1), "n_images": len(d1)}
