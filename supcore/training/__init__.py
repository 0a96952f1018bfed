"""Training stereo networks, from scratch, from other weights, and against perturbations."""

from supcore.training.finetuning import AdversarialFinetuning
from supcore.training.options import TrainingOptions
from supcore.training.schedule import Piecewise
from supcore.training.stereo import train_stereo, validate

__all__ = ["AdversarialFinetuning", "Piecewise", "TrainingOptions", "train_stereo", "validate"]
