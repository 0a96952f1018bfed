"""Training a stereo network on pairs with ground truth: Adam, the network's own loss, seeded and resumable."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils.data import Dataset

from supcore.data.dataset import StereoDataset, StereoPair
from supcore.data.loading import load
from supcore.errors import SupError
from supcore.metrics import d1_error, end_point_error, valid_pixels
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation
from supcore.resume import load_checkpoint, network_identity, save_checkpoint
from supcore.seeding import torch_generator
from supcore.training.batch_norm import freeze_batch_norm, training_statistics
from supcore.training.batches import TrainingBatches
from supcore.training.options import TrainingOptions
from supcore.training.processes import Share, run_processes

Row = dict[str, float]
Progress = Callable[[int, Row], None]
Best = tuple[float, dict[str, Tensor]]


class Extension:
    """What a special kind of training adds to the common one; this one adds nothing.

    Attributes:
        lowest: column of the history whose lowest value decides which weights are kept; None keeps the last ones.
        extra_block: pad the images as for an evaluation, see :meth:`supcore.networks.StereoNetwork.forward`.
    """

    lowest: str | None = None
    extra_block: ClassVar[bool] = False

    def change(self, step: int, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """The images of a batch, N×3×h×w in [0, 1], as the network shall see them in this step."""
        return left, right

    def assess(self, network: StereoNetwork) -> Row:
        """More columns of the history, measured on the network as it is; may leave it in evaluation mode."""
        return {}

    def identity(self) -> dict[str, Any]:
        """Everything that the result depends on beside the training's options."""
        return {}


PLAIN = Extension()


def train_stereo(
    network: StereoNetwork,
    training: StereoDataset,
    options: TrainingOptions,
    *,
    checkpoint: str | Path,
    identity: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    extension: Extension = PLAIN,
) -> list[Row]:
    """Train ``network`` in place and leave it in evaluation mode.

    Every random draw depends on the seed and the step alone, so a run resumed from ``checkpoint`` ends with the same
    weights as one that was never interrupted. It is resumed only if everything is as it was: options, the network's
    first weights, the contents of all pairs, and ``identity``, which tells what else the result depends on. The
    checkpoint is left for the caller to delete. With several processes, the main module is imported by each of them:
    what it does must stand behind ``__name__ == "__main__"``.

    Raises:
        SupError: the network has no weights.

    Returns:
        The history: one row of step, loss (mean since the last row) and learning rate per checkpoint interval.
    """
    if not list(network.parameters()):
        raise SupError(f"{type(network).__name__} has no weights to train; give it weights that are 'untrained'")
    job = options.identity() | {"network": network_identity(network), "training": training.identity()}
    job |= extension.identity() | {"rest": dict(identity or {})}
    if options.processes > 1:
        arguments = (training, options, checkpoint, job, extension)
        with closing(run_processes(options.processes, _train, network, *arguments)) as rows:
            for step, row in rows:
                if progress:
                    progress(step, row)
        progress = None
    # After several processes this only reads their last checkpoint.
    return _train(network, training, options, checkpoint, job, extension, progress)


def _train(
    network: StereoNetwork,
    training: StereoDataset,
    options: TrainingOptions,
    checkpoint: str | Path,
    job: dict[str, Any],
    extension: Extension,
    progress: Progress | None,
) -> list[Row]:
    """One process's part of the training."""
    with training_statistics(network, options.batch_norm_groups, Share.own().count):
        history = _take_steps(network, training, options, checkpoint, job, extension, progress)
    network.eval()
    return history


def _take_steps(
    network: StereoNetwork,
    training: StereoDataset,
    options: TrainingOptions,
    checkpoint: str | Path,
    job: dict[str, Any],
    extension: Extension,
    progress: Progress | None,
) -> list[Row]:
    """Train from the last checkpoint to the end; the weights that are kept are the network's then."""
    pairs = len(training)
    steps, unit = options.length(pairs), options.unit(pairs)
    parameters = list(network.parameters())
    optimizer = torch.optim.Adam(parameters, lr=options.schedule.learning_rate)
    schedule = options.schedule.scheduler(optimizer, steps, unit)
    history: list[Row] = []
    first = 0
    best: Best | None = None
    if state := load_checkpoint(checkpoint, job):
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first, history, best = state["step"], state["history"], state["best"]
    share = Share.own()
    shared = share.distribute(network)
    batches = load(TrainingBatches(training, options, share), range(first, steps), workers=options.workers)
    losses: list[float] = []
    for step, batch in zip(range(first, steps), batches, strict=True):
        left, right, target = (t.to(network.device) for t in batch)
        left, right = extension.change(step, left, right)
        network.train()
        if options.freezes_batch_norm(step, unit):
            freeze_batch_norm(network)
        drawn = network.random_options(torch_generator(options.seed, "network", step, *share.name))
        output = shared(left, right, extra_block=extension.extra_block, **drawn)
        loss = share.weigh(network.loss(output, target), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if options.gradient_clip is not None:
            torch.nn.utils.clip_grad_norm_(parameters, options.gradient_clip)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if (step + 1) % options.checkpoint_every and step + 1 != steps:
            continue
        mean_loss = share.mean(sum(losses) / len(losses), network.device)
        losses.clear()
        if share.rank > 0:
            continue
        row = {"step": step + 1, "loss": mean_loss, "learning_rate": float(schedule.get_last_lr()[0])}
        history.append(row | extension.assess(network))
        best = _better(best, history[-1], network, extension.lowest)
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "job": job, "best": best}
        state |= {"schedule": schedule.state_dict(), "step": step + 1, "history": history}
        save_checkpoint(checkpoint, state)
        if progress:
            progress(step + 1, history[-1])
    if best is not None:
        network.load_state_dict(best[1])
    return history


def _better(best: Best | None, row: Row, network: StereoNetwork, lowest: str | None) -> Best | None:
    """The lowest value so far and its weights; None where the last weights are kept anyway."""
    if lowest is None or (best is not None and best[0] <= row[lowest]):
        return best
    return row[lowest], {name: value.clone() for name, value in network.state_dict().items()}


def validate(
    network: StereoNetwork,
    pairs: Sequence[StereoPair] | Dataset[StereoPair],
    *,
    perturbation: StereoPerturbation | None = None,
    max_target: float = math.inf,
) -> dict[str, float]:
    """Mean D1 (%) and EPE (px) over pairs with ground truth, and their number.

    The network is left in evaluation mode.

    Args:
        network: on any device.
        pairs: of sizes that may differ.
        perturbation: applied to every pair; must fit their size.
        max_target: ground truth of this disparity and beyond does not count, in pixels.
    """
    network.eval()
    d1, epe = [], []
    for index in range(len(pairs)):  # type: ignore[arg-type]
        pair = pairs[index]
        left, right = pair.views(network.device)
        if perturbation is not None:
            left, right = perturbation(left, right)
        target = pair.disparity[None].to(network.device)
        counted = target < max_target
        if valid_pixels(target, counted).any():
            disparity = network.predict(left, right)
            d1.append(float(d1_error(disparity, target, counted)))
            epe.append(float(end_point_error(disparity, target, counted)))
    return {"d1": sum(d1) / max(len(d1), 1), "epe": sum(epe) / max(len(epe), 1), "n_images": len(d1)}
