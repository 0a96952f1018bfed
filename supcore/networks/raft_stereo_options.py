"""Architecture of a RAFT-Stereo; without PyTorch, so that a configuration is checked in no time."""

from dataclasses import dataclass

from supcore.networks.iterative_options import IterativeOptions

NORMS = ("batch", "instance")


@dataclass(frozen=True)
class RAFTStereoOptions(IterativeOptions):
    """Architecture of a RAFT-Stereo; the defaults are the published network. Features have 4 x base_channels channels.

    Attributes:
        halvings: matching happens at 1/2^halvings of the resolution, 2 or 3.
        gru_levels: resolutions of the hidden states, 2 or 3.
        context_norm: norm of the context encoder, "batch", frozen, or "instance".
        shared_backbone: take matching features and context from one encoder.
        slow_fast: update the coarser states more often than the finest one.
    """

    halvings: int = 2
    gru_levels: int = 3
    context_norm: str = "batch"
    shared_backbone: bool = False
    slow_fast: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("halvings", "gru_levels"):
            if getattr(self, name) not in (2, 3):
                raise ValueError(f"{name} must be 2 or 3, got {getattr(self, name)}")
        if self.context_norm not in NORMS:
            raise ValueError(f"context_norm must be one of {', '.join(NORMS)}, got {self.context_norm!r}")
