"""Optimizing a SUP over a set of stereo pairs: seeded, resumable, validated along the way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from supcore.attack.choices import Selection, StepRule
from supcore.attack.goal import Goal
from supcore.attack.universal import UniversalAttack, as_networks
from supcore.attack.validation import SupValidator
from supcore.data.dataset import StereoDataset
from supcore.data.loading import load_batches
from supcore.errors import SupError
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation
from supcore.resume import load_checkpoint, network_identity, save_checkpoint
from supcore.seeding import numpy_generator, torch_generator

Row = dict[str, float]


@dataclass(frozen=True)
class SupOptions:
    """How a SUP is optimized.

    Attributes:
        alpha: bound or length of a step, in intensity units.
        step_rule: ``clip`` (published), ``sign`` or ``normalized``, see :class:`UniversalAttack`.
        momentum: decay of the accumulated steps; 0 as published.
        batch: stereo pairs per step.
        steps: number of steps; None is one pass over the training pairs, as published.
        seed: of the order of the pairs and the target noise.
        checkpoint_every: steps between validations, rows of the history and checkpoints.
        snapshot_steps: the SUPs after these steps are kept as well, for the error against the number of pairs seen.
            In a shorter run the last of them is that of the run, and others beyond it are left out.
        selection: keep the SUP of the ``last`` step, or of the ``best`` validation D1 (as published); of a targeted one
            the best success.
        target: of a targeted SUP, which has ``target_success`` in its history; None is untargeted.
        workers: processes that decode images; 0 decodes in this one.
    """

    alpha: float
    step_rule: StepRule = "clip"
    momentum: float = 0.0
    batch: int = 2
    steps: int | None = None
    seed: int = 0
    checkpoint_every: int = 500
    snapshot_steps: tuple[int, ...] = ()
    selection: Selection = "last"
    target: Goal | None = None
    workers: int = 0

    def length(self, count: int) -> int:
        """Number of steps over ``count`` training pairs."""
        return -(-count // self.batch) if self.steps is None else self.steps


@dataclass(frozen=True)
class SupResult:
    """What an optimization returns beside the SUP itself.

    Attributes:
        history: one row per ``checkpoint_every`` steps.
        snapshots: the SUP after each of ``snapshot_steps`` that the run has, on the CPU.
    """

    history: list[Row]
    snapshots: dict[int, StereoPerturbation]


def optimize_sup(
    network: StereoNetwork | Sequence[StereoNetwork],
    perturbation: StereoPerturbation,
    training: StereoDataset,
    validation: StereoDataset,
    options: SupOptions,
    *,
    checkpoint: str | Path,
    clean: Sequence[np.ndarray] | None = None,
    identity: Mapping[str, Any] | None = None,
    progress: Callable[[int, Row], None] | None = None,
) -> SupResult:
    """Optimize ``perturbation`` in place and note its ``train_step``.

    Each step's batch and noise depend on the seed and the step alone, so a run resumed from ``checkpoint`` gives the
    same bytes as an undisturbed one. It is resumed only if everything is as it was: options, networks, the contents of
    all pairs. The checkpoint is left for the caller to delete.

    Args:
        network: the attacked network (source), or several attacked together; validation averages over them.
        perturbation: zero at first.
        training: pairs; their ground truth is not looked at.
        validation: pairs with ground truth, for the history and for ``selection="best"``.
        options: see :class:`SupOptions`.
        checkpoint: file for unfinished work.
        clean: each network's clean predictions of all training pairs, float32 N×1×H×W; None predicts in every step.
        identity: what else the result depends on, plain values; say the version of the code.
        progress: called after every step with the number of the step and the latest row of the history.

    Raises:
        SupError: no training pair, a file of a pair that cannot be used, ``best`` without ground truth, a target that
            is positive nowhere, or a loss that is not finite.
    """
    networks = as_networks(network)
    if not len(training):
        raise SupError("no training pairs for the SUP; choose another split in sups.training")
    batches = ordered_batches(len(training), options)
    for source in networks:
        source.eval()
    validator = SupValidator(networks, validation, options.target, options.batch)
    if options.selection == "best" and options.target is None and not validator.has_ground_truth:
        raise SupError(
            "selection 'best' needs validation pairs with ground truth; choose another split in sups.validation"
        )
    if options.target is not None and not validator.has_target:
        raise SupError(f"the target ({options.target}) is not positive at any pixel; choose one nearer")
    attack = UniversalAttack(
        *(networks, perturbation, options.alpha),
        step_rule=options.step_rule,
        momentum=options.momentum,
        goal=options.target,
    )
    job = {
        "networks": [network_identity(source) for source in networks],
        "training": training.identity(),
        "validation": validation.identity(),
        "stored_clean": clean is not None,
        "rest": dict(identity or {}),
    }
    state = _State(attack, options, job, kept_steps(options.snapshot_steps, len(batches)))
    first = state.resume(checkpoint)
    device = networks[0].device
    perturbation.to(device)
    loaded = load_batches(training, batches[first:], workers=options.workers)
    for step, (images, pairs) in enumerate(zip(batches[first:], loaded, strict=True), start=first + 1):
        attack.generator = torch_generator(options.seed, "target noise", step)
        known = None if clean is None else [torch.from_numpy(stored[images]).to(device) for stored in clean]
        loss = attack.step(*pairs.views(device), clean=known)
        if not loss.isfinite():
            raise SupError(
                f"the loss of the attacked network is {float(loss)} at step {step}; check weights and images"
            )
        state.record(step, float(loss))
        if step % options.checkpoint_every == 0 or step == len(batches):
            state.close_interval(step, validator(perturbation))
            state.save(checkpoint, step)
        if progress:
            progress(step, state.history[-1] if state.history else {})
    return state.finish(len(batches))


def ordered_batches(count: int, options: SupOptions) -> list[list[int]]:
    """Indices of every batch of the run: shuffled passes over the pairs, the last partial batch of a pass kept."""
    per_pass, steps = -(-count // options.batch), options.length(count)
    batches: list[list[int]] = []
    for number in range(-(-steps // per_pass)):
        order = numpy_generator(options.seed, "order", number).permutation(count).tolist()
        batches += [order[i : i + options.batch] for i in range(0, count, options.batch)]
    return batches[:steps]


def kept_steps(wanted: Sequence[int], steps: int) -> set[int]:
    """Steps of a run of ``steps`` after which the SUP is kept: the wanted ones, the last of them no later than the end.

    Examples:
        A pass over fewer pairs than expected:

        >>> sorted(kept_steps([5000, 16500, 21500, 23945], 15000))
        [5000, 15000]
    """
    return {step for step in wanted if step <= steps} | ({min(max(wanted), steps)} if wanted else set())


class _State:
    """What a checkpoint holds: tiles, the attack's velocity, history, snapshots and the best tiles so far."""

    def __init__(self, attack: UniversalAttack, options: SupOptions, job: dict[str, Any], kept: set[int]) -> None:
        self.attack, self.perturbation, self.options, self.kept = attack, attack.perturbation, options, kept
        sup = self.perturbation
        # The number of workers changes nothing, so a run may go on with another one.
        settings = {key: value for key, value in asdict(options).items() if key != "workers"}
        self.job = settings | job | {"epsilon": sup.epsilon, "size": list(sup.size), "image_size": list(sup.image_size)}
        self.history: list[Row] = []
        self.snapshots: dict[int, Tensor] = {}
        self.best: dict[str, Any] = {"score": -1.0}
        self._losses: list[float] = []
        self._clipped: list[float] = []

    def record(self, step: int, loss: float) -> None:
        self._losses.append(loss)
        self._clipped.append(self.attack.clipped_fraction)
        if step in self.kept:
            self.snapshots[step] = self._tiles()

    def close_interval(self, step: int, validation: Row) -> None:
        tiles = self._tiles()
        row = {
            "step": step,
            "loss": sum(self._losses) / len(self._losses),
            "clipped_fraction": sum(self._clipped) / len(self._clipped),
            "linf": float(tiles.abs().max()),
            "l2": float(tiles.norm()),
        }
        self.history.append(row | validation)
        self._losses, self._clipped = [], []
        score = validation["d1_ground_truth" if self.options.target is None else "target_success"]
        if score > self.best["score"]:
            self.best = {"score": score, "step": step, "tiles": tiles}

    def save(self, path: str | Path, step: int) -> None:
        state = {"job": self.job, "step": step, "tiles": self._tiles(), "velocity": self.attack.velocity.cpu()}
        save_checkpoint(path, state | {"history": self.history, "snapshots": self.snapshots, "best": self.best})

    def resume(self, path: str | Path) -> int:
        """Take up stored work; returns the number of finished steps."""
        state = load_checkpoint(path, self.job)
        if state is None:
            return 0
        self.history, self.snapshots, self.best = state["history"], state["snapshots"], state["best"]
        self.perturbation.left, self.perturbation.right = state["tiles"]
        self.attack.velocity = state["velocity"]
        return int(state["step"])

    def finish(self, step: int) -> SupResult:
        """Leave the selected tiles in the perturbation."""
        sup = self.perturbation
        sup.train_step = step
        if self.options.selection == "best":
            (sup.left, sup.right), sup.train_step = self.best["tiles"], self.best["step"]
        return SupResult(self.history, {step: self._snapshot(step) for step in sorted(self.snapshots)})

    def _snapshot(self, step: int) -> StereoPerturbation:
        sup = StereoPerturbation(self.perturbation.size, self.perturbation.image_size, self.perturbation.epsilon)
        (sup.left, sup.right), sup.train_step = self.snapshots[step], step
        return sup

    def _tiles(self) -> Tensor:
        return torch.stack((self.perturbation.left, self.perturbation.right)).cpu()
