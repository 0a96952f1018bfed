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
from supcore.networks.base import StereoOutput
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
    """One process's part of the training, from the last checkpoint to the end."""
    share, count = Share.own(), len(training)
    with training_statistics(network, options.batch_norm_groups, share.count):
        run = _Run(network, options, options.length(count), options.unit(count), extension, share)
        steps = range(run.resume(checkpoint, job), run.steps)
        shared = share.distribute(network)
        batches = load(TrainingBatches(training, options, share), steps, workers=options.workers)
        for step, batch in zip(steps, batches, strict=True):
            run.take_step(step, batch, shared)
            if (step + 1) % options.checkpoint_every and step + 1 != run.steps:
                continue
            if run.close_interval(step + 1):
                run.save(checkpoint, job, step + 1)
                if progress:
                    progress(step + 1, run.history[-1])
        run.keep_best()
    network.eval()
    return run.history


class _Run:
    """What a checkpoint holds: the network, its optimizer and schedule, the history and the best weights so far."""

    def __init__(
        self,
        network: StereoNetwork,
        options: TrainingOptions,
        steps: int,
        unit: int,
        extension: Extension,
        share: Share,
    ) -> None:
        self.network, self.options, self.steps, self.unit = network, options, steps, unit
        self.extension, self.share = extension, share
        self.parameters = list(network.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=options.schedule.learning_rate)
        self.schedule = options.schedule.scheduler(self.optimizer, steps, unit)
        self.history: list[Row] = []
        self.best: Best | None = None
        self._losses: list[float] = []

    def resume(self, path: str | Path, job: dict[str, Any]) -> int:
        """Take up stored work; returns the number of finished steps."""
        state = load_checkpoint(path, job)
        if state is None:
            return 0
        for name in ("network", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        self.history, self.best = state["history"], state["best"]
        return int(state["step"])

    def take_step(self, step: int, batch: Sequence[Tensor], shared: Callable[..., StereoOutput]) -> None:
        """One optimizer step; ``shared`` is the network, or what shares its gradients with other processes."""
        network, options, share = self.network, self.options, self.share
        left, right, target = (t.to(network.device) for t in batch)
        left, right = self.extension.change(step, left, right)
        network.train()
        if options.freezes_batch_norm(step, self.unit):
            freeze_batch_norm(network)
        drawn = network.random_options(torch_generator(options.seed, "network", step, *share.name))
        output = shared(left, right, extra_block=self.extension.extra_block, **drawn)
        loss = share.weigh(network.loss(output, target), target)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if options.gradient_clip is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, options.gradient_clip)
        self.optimizer.step()
        self.schedule.step()
        self._losses.append(float(loss.detach()))

    def close_interval(self, step: int) -> bool:
        """Add a row to the history, in the first of several processes only; whether this is the one."""
        mean_loss = self.share.mean(sum(self._losses) / len(self._losses), self.network.device)
        self._losses.clear()
        if self.share.rank > 0:
            return False
        row = {"step": step, "loss": mean_loss, "learning_rate": float(self.schedule.get_last_lr()[0])}
        self.history.append(row | self.extension.assess(self.network))
        lowest = self.extension.lowest
        if lowest is not None and (self.best is None or self.history[-1][lowest] < self.best[0]):
            weights = {name: value.clone() for name, value in self.network.state_dict().items()}
            self.best = (self.history[-1][lowest], weights)
        return True

    def save(self, path: str | Path, job: dict[str, Any], step: int) -> None:
        """Keep unfinished work."""
        states = {name: getattr(self, name).state_dict() for name in ("network", "optimizer", "schedule")}
        save_checkpoint(path, states | {"job": job, "step": step, "history": self.history, "best": self.best})

    def keep_best(self) -> None:
        """Leave the weights of the best row in the network; the last ones where none is asked for."""
        if self.best is not None:
            self.network.load_state_dict(self.best[1])


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
