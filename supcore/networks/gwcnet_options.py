"""Architecture of a GwcNet; without PyTorch, so that a configuration is checked in no time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GwcNetOptions:
    """Architecture of a GwcNet; the defaults are the published network with group-wise correlation alone (GwcNet-g).

    Attributes:
        base_channels: width of the first layers; the matched features have ten times as many channels.
        block_counts: residual blocks of the four layers of the feature extractor.
        groups: of channels that are correlated; a divisor of ten times ``base_channels``.
        concatenated_channels: of each view's features that are concatenated to the correlations, 12 in GwcNet-gc.
        max_disparity: in pixels; a multiple of 16.
    """

    base_channels: int = 32
    block_counts: tuple[int, int, int, int] = (3, 16, 3, 3)
    groups: int = 40
    concatenated_channels: int = 0
    max_disparity: int = 192

    def __post_init__(self) -> None:
        if self.base_channels < 1:
            raise ValueError(f"base_channels must be positive, got {self.base_channels}")
        if len(self.block_counts) != 4 or min(self.block_counts) < 1:
            raise ValueError(f"block_counts must be four positive numbers, got {self.block_counts}")
        if self.groups < 1 or 10 * self.base_channels % self.groups:
            raise ValueError(f"groups must divide 10 × base_channels ({10 * self.base_channels}), got {self.groups}")
        if self.concatenated_channels < 0:
            raise ValueError(f"concatenated_channels must not be negative, got {self.concatenated_channels}")
        if self.max_disparity < 16 or self.max_disparity % 16:
            raise ValueError(f"max_disparity must be a multiple of 16, got {self.max_disparity}")
