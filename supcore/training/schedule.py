"""Learning rates over the steps of a training."""

from bisect import bisect_right
from dataclasses import dataclass

import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from supcore.errors import SupError


@dataclass(frozen=True)
class OneCycle:
    """Linear warm-up over a tenth of the steps, then a cosine to zero.

    Attributes:
        learning_rate: the peak.
    """

    learning_rate: float

    def scheduler(self, optimizer: torch.optim.Optimizer, steps: int, unit: int) -> LRScheduler:
        """Sets the optimizer's rate before each of ``steps`` steps; ``unit`` has no meaning here."""
        return OneCycleLR(
            optimizer,
            self.learning_rate,
            total_steps=steps,
            pct_start=max(0.1, 2 / max(steps, 3)),
            cycle_momentum=False,
        )


@dataclass(frozen=True)
class Piecewise:
    """Constant rates, as all published recipes have them.

    Attributes:
        learning_rates: one after the other.
        change_at: after how many epochs (steps, for a training whose length is given in steps) the second and each
            further rate begins; one fewer than ``learning_rates``, increasing.

    Raises:
        SupError: the two do not fit together.
    """

    learning_rates: tuple[float, ...]
    change_at: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.learning_rates) != len(self.change_at) + 1:
            raise SupError(
                f"{len(self.learning_rates)} learning_rates need {len(self.learning_rates) - 1} values in change_at, "
                f"got {len(self.change_at)}"
            )
        if list(self.change_at) != sorted(set(self.change_at)):
            raise SupError(f"change_at must increase, got {', '.join(map(str, self.change_at))}")

    @property
    def learning_rate(self) -> float:
        """The first rate."""
        return self.learning_rates[0]

    def scheduler(self, optimizer: torch.optim.Optimizer, steps: int, unit: int) -> LRScheduler:
        """Sets the optimizer's rate before each step; an epoch has ``unit`` steps."""
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] = 1.0  # LambdaLR multiplies with this
        changes = [unit * change for change in self.change_at]
        return LambdaLR(optimizer, lambda step: self.learning_rates[bisect_right(changes, step)])


Schedule = OneCycle | Piecewise
