"""Architectures of AANet and AANet+; without PyTorch, so that a configuration is checked in no time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MatchingOptions:
    """What AANet and AANet+ share; the defaults are the published networks.

    Attributes:
        max_disparity: in pixels; a multiple of 12, and of 24 where the aggregation has deformable modules.
        aggregation_modules: length of the stack that aggregates the correlation volumes.
        deformable_modules: how many of them, counted from the end, use deformable convolutions.
        deformable_features: use deformable convolutions in the feature extractor.
        align_corners: of the sampling that warps the right image in the refinement. False is what the SUP
            release executes; AANet's own weights were trained with True, the default of PyTorch 1.2.
    """

    max_disparity: int = 192
    aggregation_modules: int = 6
    deformable_modules: int = 3
    deformable_features: bool = True
    align_corners: bool = False

    def __post_init__(self) -> None:
        if self.aggregation_modules < 1:
            raise ValueError(f"aggregation_modules must be at least 1, got {self.aggregation_modules}")
        if not 0 <= self.deformable_modules <= self.aggregation_modules:
            raise ValueError(
                f"deformable_modules must be between 0 and aggregation_modules ({self.aggregation_modules}), "
                f"got {self.deformable_modules}"
            )
        # Candidates are halved twice from a third of the range, and deformable convolutions work in two groups.
        unit = 24 if self.deformable_modules else 12
        if self.max_disparity < unit or self.max_disparity % unit:
            raise ValueError(
                f"max_disparity must be a multiple of {unit} with {self.deformable_modules} deformable_modules, "
                f"got {self.max_disparity}"
            )


@dataclass(frozen=True)
class AANetOptions(MatchingOptions):
    """Architecture of an AANet; the defaults are the published network.

    Attributes:
        base_channels: width of the first layers.
        block_counts: bottleneck blocks of the feature extractor's three stages.
        pyramid_channels: width of the feature pyramid.
        refinement_channels: width of the refinement; an even number.
        extra_padding_block: pad by a further 12 px where a side is already a multiple of 12, as the SUP release does.
    """

    base_channels: int = 32
    block_counts: tuple[int, int, int] = (3, 4, 6)
    pyramid_channels: int = 128
    refinement_channels: int = 32
    extra_padding_block: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.base_channels < 1:
            raise ValueError(f"base_channels must be positive, got {self.base_channels}")
        if len(self.block_counts) != 3 or min(self.block_counts) < 1:
            raise ValueError(f"block_counts must be three positive numbers, got {self.block_counts}")
        if self.pyramid_channels < 1:
            raise ValueError(f"pyramid_channels must be positive, got {self.pyramid_channels}")
        if self.refinement_channels < 2 or self.refinement_channels % 2:
            raise ValueError(f"refinement_channels must be even and positive, got {self.refinement_channels}")


@dataclass(frozen=True)
class AANetPlusOptions(MatchingOptions):
    """Architecture of an AANet+; the defaults are the published network.

    Attributes:
        hourglass_channels: widths of the hourglasses at their full resolution and at the four halved ones; even
            numbers.
    """

    hourglass_channels: tuple[int, int, int, int, int] = (32, 48, 64, 96, 128)

    def __post_init__(self) -> None:
        super().__post_init__()
        widths = self.hourglass_channels
        if len(widths) != 5 or any(width < 2 or width % 2 for width in widths):
            raise ValueError(f"hourglass_channels must be five even, positive numbers, got {widths}")
