"""What the architectures of iterative networks share; without PyTorch, as all options."""

from dataclasses import dataclass


@dataclass(frozen=True)
class IterativeOptions:
    """Options of a network that keeps correcting its disparities with recurrent units.

    Attributes:
        base_channels: width of the first layers of the context network; states have twice as many channels. Even.
        iterations: of a prediction or an attack.
        training_iterations: of a forward pass in training.
        recompute: keep nothing of the iterations for the backward pass but compute it again there: takes longer, and
            the memory of one iteration instead of all.
        correlation_levels: of the pyramid that is looked up.
        correlation_radius: of the window that is read around each disparity, in cells of the level.
    """

    base_channels: int = 64
    iterations: int = 32
    training_iterations: int = 22
    recompute: bool = False
    correlation_levels: int = 4
    correlation_radius: int = 4

    def __post_init__(self) -> None:
        if self.base_channels < 2 or self.base_channels % 2:
            raise ValueError(f"base_channels must be even and positive, got {self.base_channels}")
        for name in ("iterations", "training_iterations", "correlation_levels", "correlation_radius"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
