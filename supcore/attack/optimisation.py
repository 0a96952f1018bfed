"""Optimising a SUP over a set of stereo pairs: seeded, resumable, validated along the way."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch.utils.data import DataLoader

from supcore.attack.universal import StepRule, UniversalAttack
from supcore.data.dataset import StereoDataset, stack_pairs, to_unit_range
from supcore.errors import SupError
from supcore.metrics import d1_error, end_point_error, valid_pixels
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation
from supcore.resume import fingerprint, load_checkpoint, save_checkpoint
from supcore.seeding import numpy_generator, torch_generator

Row = dict[str, float]


@dataclass(frozen=True)
class SupOptions:
    """How a SUP is optimised.

    Attributes:
        alpha: bound or length of a step, in intensity units.
        step_rule: ``clip`` (published) or ``sign``.
        batch: stereo pairs a step.
        steps: number of steps; None is one pass over the training pairs, as published.
        seed: of the order of the pairs and the target noise.
        checkpoint_every: steps between validations, rows of the history and checkpoints.
        selection: keep the SUP of the ``last`` step, or of the ``best`` validation D1 (as published).
        workers: processes that decode images; 0 decodes in this one.
    """

    alpha: float
    step_rule: StepRule = "clip"
    batch: int = 2
    steps: int | None = None
    seed: int = 0
    checkpoint_every: int = 500
    selection: Literal["last", "best"] = "last"
    workers: int = 0


def optimise_sup(
    network: StereoNetwork,
    perturbation: StereoPerturbation,
    training: StereoDataset,
    validation: StereoDataset,
    options: SupOptions,
    *,
    checkpoint: str | Path,
    progress: Callable[[int, Row], None] | None = None,
) -> list[Row]:
    """Optimise ``perturbation`` in place.

    Each step's batch and noise depend on the seed and the step alone, so a run resumed from ``checkpoint`` gives the
    same bytes as an undisturbed one. The checkpoint is left for the caller to delete.

    Args:
        network: the attacked network (source).
        perturbation: zero at first.
        training: pairs; their ground truth is not looked at.
        validation: pairs with ground truth, for the history and for ``selection="best"``.
        options: see :class:`SupOptions`.
        checkpoint: file for unfinished work.
        progress: called after every step with the number of the step and the latest row of the history.

    Returns:
        The history, one row per ``checkpoint_every`` steps.
    """
    if not len(training):
        raise SupError("no training pairs for the SUP; choose another split in sups.training")
    batches = ordered_batches(len(training), options)
    network.eval()
    validator = _Validator(network, validation)
    if options.selection == "best" and not validator.has_ground_truth:
        raise SupError(
            "selection 'best' needs validation pairs with ground truth; choose another split in sups.validation"
        )
    job = asdict(options) | {"network": fingerprint(network), "pairs": [asdict(s) for s in training.samples]}
    state = _State(perturbation, options, job)
    first = state.resume(checkpoint)
    loader = DataLoader(training, batch_sampler=batches[first:], num_workers=options.workers, collate_fn=stack_pairs)
    device = next(network.parameters()).device
    perturbation.to(device)
    for step, pairs in enumerate(loader, start=first + 1):
        attack = UniversalAttack(
            network,
            perturbation,
            options.alpha,
            torch_generator(options.seed, "target noise", step),
            options.step_rule,
        )
        loss = attack.step(to_unit_range(pairs.left).to(device), to_unit_range(pairs.right).to(device))
        if not loss.isfinite():
            raise SupError(
                f"the loss of the attacked network is {float(loss)} at step {step}; check weights and images"
            )
        state.record(float(loss), attack.clipped_fraction)
        if step % options.checkpoint_every == 0 or step == len(batches):
            state.close_interval(step, validator(perturbation))
            state.save(checkpoint, step)
        if progress:
            progress(step, state.history[-1] if state.history else {})
    state.select()
    return state.history


def ordered_batches(count: int, options: SupOptions) -> list[list[int]]:
    """Indices of every batch of the run: shuffled passes over the pairs, the last partial batch of a pass kept."""
    per_pass = -(-count // options.batch)
    steps = per_pass if options.steps is None else options.steps
    batches: list[list[int]] = []
    for number in range(-(-steps // per_pass)):
        order = numpy_generator(options.seed, "order", number).permutation(count).tolist()
        batches += [order[i : i + options.batch] for i in range(0, count, options.batch)]
    return batches[:steps]


class _Validator:
    """D1 and EPE of the attacked network on the validation pairs, against both references."""

    def __init__(self, network: StereoNetwork, pairs: StereoDataset) -> None:
        self.network, self.pairs = network, pairs
        self.device = next(network.parameters()).device
        self.clean = [network.predict(*self._views(i)) for i in range(len(pairs))]

    def __call__(self, perturbation: StereoPerturbation) -> Row:
        errors: dict[str, list[float]] = {f"{m}_{r}": [] for m in ("d1", "epe") for r in ("clean", "ground_truth")}
        for index, clean in enumerate(self.clean):
            attacked = self.network.predict(*perturbation(*self._views(index)))
            truth = self.pairs[index].disparity[None].to(self.device)
            for name, reference in (("clean", clean), ("ground_truth", truth)):
                if valid_pixels(reference).any():
                    errors[f"d1_{name}"].append(float(d1_error(attacked, reference)))
                    errors[f"epe_{name}"].append(float(end_point_error(attacked, reference)))
        return {name: sum(values) / len(values) if values else math.nan for name, values in errors.items()}

    @property
    def has_ground_truth(self) -> bool:
        return any(valid_pixels(self.pairs[index].disparity).any() for index in range(len(self.pairs)))

    def _views(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        pair = self.pairs[index]
        return to_unit_range(pair.left)[None].to(self.device), to_unit_range(pair.right)[None].to(self.device)


class _State:
    """What a checkpoint holds: tiles, history and the best tiles so far."""

    def __init__(self, perturbation: StereoPerturbation, options: SupOptions, job: dict[str, Any]) -> None:
        self.perturbation, self.options = perturbation, options
        self.job = job | {"epsilon": perturbation.epsilon, "size": list(perturbation.size)}
        self.history: list[Row] = []
        self.best: dict[str, Any] = {"d1": -1.0}
        self._losses: list[float] = []
        self._clipped: list[float] = []

    def record(self, loss: float, clipped: float) -> None:
        self._losses.append(loss)
        self._clipped.append(clipped)

    def close_interval(self, step: int, validation: Row) -> None:
        tiles = torch.stack((self.perturbation.left, self.perturbation.right)).cpu()
        row = {
            "step": step,
            "loss": sum(self._losses) / len(self._losses),
            "clipped_fraction": sum(self._clipped) / len(self._clipped),
            "linf": float(tiles.abs().max()),
            "l2": float(tiles.norm()),
        }
        self.history.append(row | validation)
        self._losses, self._clipped = [], []
        if validation["d1_ground_truth"] > self.best["d1"]:
            self.best = {"d1": validation["d1_ground_truth"], "step": step, "tiles": tiles}

    def save(self, path: str | Path, step: int) -> None:
        tiles = torch.stack((self.perturbation.left, self.perturbation.right)).cpu()
        state = {"job": self.job, "step": step, "tiles": tiles, "history": self.history, "best": self.best}
        save_checkpoint(path, state)

    def resume(self, path: str | Path) -> int:
        """Take up stored work; returns the number of finished steps."""
        state = load_checkpoint(path, self.job)
        if state is None:
            return 0
        self.history, self.best = state["history"], state["best"]
        self.perturbation.left, self.perturbation.right = state["tiles"]
        return int(state["step"])

    def select(self) -> None:
        if self.options.selection == "best":
            self.perturbation.left, self.perturbation.right = self.best["tiles"]
