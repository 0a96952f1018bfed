"""Architecture of an IGEV-Stereo; without PyTorch, so that a configuration is checked in no time."""

from dataclasses import dataclass

from supcore.networks.iterative_options import IterativeOptions


@dataclass(frozen=True)
class IGEVStereoOptions(IterativeOptions):
    """Architecture of an IGEV-Stereo; the defaults are the published network. Its features are always MobileNetV2's.

    Attributes:
        max_disparity: of the cost volume, in pixels; a multiple of 32. Iterations may leave it.
    """

    correlation_levels: int = 2
    max_disparity: int = 192

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_disparity < 32 or self.max_disparity % 32:
            raise ValueError(f"max_disparity must be a multiple of 32, got {self.max_disparity}")
