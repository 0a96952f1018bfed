"""Architecture of an MC-CNN; without PyTorch, so that a configuration is checked in no time."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class MCCNNOptions:
    """Architecture of an MC-CNN; the defaults are the published fast network, read out by soft-argmin.

    Attributes:
        base_channels: maps of every layer, and so the length of a descriptor.
        max_disparity: number of disparities that are compared, from 0 px on.
        temperature: divides the cosines before the softmax; the smaller, the closer to the best match alone.
        window: side of the square over which cosines of one disparity are averaged before that; odd. 1 leaves them as
            they are. The paper adapts the shape of the window to the image.
        semi_global: predict by semi-global matching on the cosines, without windows; gradients remain those of the
            soft-argmin.
        small_penalty: of semi-global matching for a disparity that changes by 1 px along a path, in units of cosine.
        large_penalty: for one that changes by more.
    """

    base_channels: int = 64
    max_disparity: int = 192
    temperature: float = 0.01
    window: int = 9
    semi_global: bool = False
    small_penalty: float = 0.2
    large_penalty: float = 1.0

    def __post_init__(self) -> None:
        for option in ("base_channels", "max_disparity"):
            if getattr(self, option) < 1:
                raise ValueError(f"{option} must be positive, got {getattr(self, option)}")
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"temperature must be positive, got {self.temperature}")
        if self.window < 1 or self.window % 2 == 0:
            raise ValueError(f"window must be odd and positive, got {self.window}")
        if not 0 < self.small_penalty <= self.large_penalty < math.inf:
            raise ValueError(
                f"small_penalty must be positive and at most large_penalty, got {self.small_penalty} and "
                f"{self.large_penalty}"
            )
