"""Architecture of a RAFT-Stereo; without PyTorch, so that a configuration is checked in no time."""

from dataclasses import dataclass

NORMS = ("batch", "instance")


@dataclass(frozen=True)
class RAFTStereoOptions:
    """Architecture of a RAFT-Stereo; the defaults are the published network.

    Attributes:
        base_channels: width of the first layers; features have four times as many channels, states twice. Even.
        iterations: of a prediction or an attack.
        training_iterations: of a forward pass in training.
        recompute: keep nothing of the iterations for the backward pass but compute it again there: takes longer, and
            the memory of one iteration instead of all.
        halvings: matching happens at 1/2^halvings of the resolution, 2 or 3.
        gru_levels: resolutions of the hidden states, 2 or 3.
        correlation_levels: of the pyramid along the right image's rows.
        correlation_radius: of the window that is read around each disparity, in cells of the level.
        context_norm: norm of the context encoder, "batch", frozen, or "instance".
        shared_backbone: take matching features and context from one encoder.
        slow_fast: update the coarser states more often than the finest one.
    """

    base_channels: int = 64
    iterations: int = 32
    training_iterations: int = 22
    recompute: bool = False
    halvings: int = 2
    gru_levels: int = 3
    correlation_levels: int = 4
    correlation_radius: int = 4
    context_norm: str = "batch"
    shared_backbone: bool = False
    slow_fast: bool = False

    def __post_init__(self) -> None:
        if self.base_channels < 2 or self.base_channels % 2:
            raise ValueError(f"base_channels must be even and positive, got {self.base_channels}")
        for name in ("iterations", "training_iterations", "correlation_levels", "correlation_radius"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("halvings", "gru_levels"):
            if getattr(self, name) not in (2, 3):
                raise ValueError(f"{name} must be 2 or 3, got {getattr(self, name)}")
        if self.context_norm not in NORMS:
            raise ValueError(f"context_norm must be one of {', '.join(NORMS)}, got {self.context_norm!r}")
