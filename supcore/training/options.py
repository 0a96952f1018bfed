"""How to train a stereo network."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from supcore.data.augmentation import AugmentationOptions
from supcore.errors import SupError
from supcore.training.schedule import OneCycle, Piecewise, Schedule


@dataclass(frozen=True)
class TrainingOptions:
    """How to train a stereo network.

    Attributes:
        batch: pairs per step, over all processes.
        learning_rate: peak of a one-cycle schedule, or constant pieces.
        augmentation: crop, geometric and photometric change.
        steps: optimizer steps; each draws its pairs at random, with replacement.
        epochs: instead of ``steps``: passes over all pairs in random order. The last batch of a pass is smaller where
            ``batch`` does not divide the pairs; it counts as a step, as in all the released trainers.
        gradient_clip: largest norm of the gradient; None for no bound, as published.
        max_target: targets of this disparity and beyond do not count, in pixels; None counts all.
        freeze_batch_norm_from: the epoch (step, if the length is in steps), counted from 0, from which batch-norm
            layers use their running statistics and no longer update them; None for never.
        batch_norm_groups: batch-norm takes its statistics over each of so many equal parts of a batch by itself, as
            PyTorch's DataParallel does on so many GPUs, and updates the running ones with those of the first part; 1
            for the whole batch. A multiple of ``processes`` where it is not 1.
        zero_is_truth: ground truth of 0 counts, as where the release trains on Scene Flow; otherwise it is none.
        seed: of batches, crops and augmentation.
        checkpoint_every: steps between checkpoints and lines of the history.
        processes: that share each batch, one GPU each where the network is on one.
        workers: processes that decode and augment images, for each of ``processes``; 0 for none beside them. The
            result is the same for any number.

    Raises:
        SupError: options that contradict each other.
    """

    batch: int
    learning_rate: float | Piecewise
    augmentation: AugmentationOptions
    steps: int | None = None
    epochs: int | None = None
    gradient_clip: float | None = 5.0
    max_target: float | None = None
    freeze_batch_norm_from: int | None = None
    batch_norm_groups: int = 1
    zero_is_truth: bool = False
    seed: int = 0
    checkpoint_every: int = 250
    processes: int = 1
    workers: int = 0

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.epochs is None):
            raise SupError("a training needs either steps or epochs")
        if self.batch < self.processes:
            raise SupError(f"a batch of {self.batch} cannot be shared by {self.processes} processes; raise batch")
        if self.batch_norm_groups > 1 and self.batch_norm_groups % self.processes:
            raise SupError(
                f"batch_norm_groups {self.batch_norm_groups} cannot be shared by {self.processes} processes; choose a "
                "number of processes that divides it"
            )

    @property
    def schedule(self) -> Schedule:
        """The learning rates."""
        return self.learning_rate if isinstance(self.learning_rate, Piecewise) else OneCycle(self.learning_rate)

    def unit(self, pairs: int) -> int:
        """Steps of an epoch of ``pairs`` pairs; 1 if the length is given in steps."""
        return 1 if self.epochs is None else -(-pairs // self.batch)

    def length(self, pairs: int) -> int:
        """Steps of the whole training on ``pairs`` pairs."""
        return self.unit(pairs) * (self.steps or self.epochs or 0)

    def freezes_batch_norm(self, step: int, unit: int) -> bool:
        """Whether batch-norm is frozen in this step."""
        return self.freeze_batch_norm_from is not None and step >= unit * self.freeze_batch_norm_from

    @classmethod
    def of_recipe(cls, recipe: Mapping[str, Any], **options: Any) -> "TrainingOptions":
        """The options of a recipe of the configuration, and those that do not stand in it."""
        rates = recipe.get("learning_rate")
        if rates is None:
            rates = Piecewise(tuple(recipe["learning_rates"]), tuple(recipe.get("change_at", ())))
        crop_size = tuple(recipe["crop_size"]) if "crop_size" in recipe else None
        return cls(
            learning_rate=rates,
            augmentation=AugmentationOptions(crop_size, **recipe.get("augmentation", {})),
            **{name: recipe[name] for name in recipe.keys() & _PLAIN},
            **options,
        )

    def identity(self) -> dict[str, Any]:
        """Everything that the result depends on."""
        return {name: value for name, value in asdict(self).items() if name != "workers"}


# Keys of a recipe that are options as they stand.
_PLAIN = {field.name for field in fields(TrainingOptions)} - {"learning_rate", "augmentation"}
