"""What a targeted SUP leads to; without PyTorch, so that checking a configuration is quick."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Goal:
    """The disparity that a targeted SUP leads to, made of a network's clean prediction.

    Attributes:
        shift: pixels that are added; positive is nearer, negative farther.
        scale: factor; above 1 is nearer.

    Examples:
        >>> Goal(shift=5.0).disparity(20.0), Goal(scale=0.5).disparity(20.0)
        (25.0, 10.0)
        >>> str(Goal(shift=5.0)), str(Goal(scale=0.5))
        ('shift 5', 'scale 0.5')
    """

    shift: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.shift) and math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"shift must be finite and scale positive, got {self.shift} and {self.scale}")
        if (self.shift == 0) == (self.scale == 1):
            raise ValueError(
                f"a target needs a shift or a scale that changes disparities, got {self.shift}, {self.scale}"
            )

    @classmethod
    def of(cls, settings: Mapping[str, float] | None) -> Goal | None:
        """That of the key ``target`` of a configuration, None without one."""
        return None if settings is None else cls(**{name: float(value) for name, value in settings.items()})

    def disparity(self, clean: Tensor) -> Tensor:
        """What a network shall predict in place of ``clean``; it may leave the range of the network."""
        return self.scale * clean + self.shift

    def __str__(self) -> str:
        return f"scale {self.scale:.12g}" if self.shift == 0 else f"shift {self.shift:.12g}"
