"""Architecture of a PSMNet; without PyTorch, so that a configuration is checked in no time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PSMNetOptions:
    """Architecture of a PSMNet; the defaults are the published network.

    Attributes:
        base_channels: width of the first layers and of the features; an even number.
        block_counts: residual blocks of the four layers of the feature extractor.
        pooling_sizes: of the four pyramid branches, at quarter resolution; the input must be at least four times
            the largest on each side.
        max_disparity: in pixels; a multiple of 16.
        deformable_layers: layers of the feature extractor with deformable blocks: () for PSMNet, (3, 4) for its
            6-convolution variant, (1, 2, 3, 4) for the one with 25.
        align_corners: of all up-sampling. False is what the SUP release executes; weights trained by PSMNet's
            authors with PyTorch 0.3 want True.
    """

    base_channels: int = 32
    block_counts: tuple[int, int, int, int] = (3, 16, 3, 3)
    pooling_sizes: tuple[int, int, int, int] = (64, 32, 16, 8)
    max_disparity: int = 192
    deformable_layers: tuple[int, ...] = ()
    align_corners: bool = False

    def __post_init__(self) -> None:
        if self.base_channels < 2 or self.base_channels % 2:
            raise ValueError(f"base_channels must be even and positive, got {self.base_channels}")
        if self.max_disparity < 16 or self.max_disparity % 16:
            raise ValueError(f"max_disparity must be a multiple of 16, got {self.max_disparity}")
        for option in ("block_counts", "pooling_sizes"):
            values = getattr(self, option)
            if len(values) != 4 or min(values) < 1:
                raise ValueError(f"{option} must be four positive integers, got {values}")
        if not set(self.deformable_layers) <= {1, 2, 3, 4}:
            raise ValueError(f"deformable_layers must be among 1-4, got {self.deformable_layers}")
