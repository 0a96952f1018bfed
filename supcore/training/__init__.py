"""Training stereo networks."""

from supcore.training.stereo import TrainingOptions, train_stereo, validate

__all__ = ["TrainingOptions", "train_stereo", "validate"]
