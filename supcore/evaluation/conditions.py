"""What is done to the images before a network sees them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from supcore.perturbation import StereoPerturbation

Views = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Batch:
    """Some stereo pairs of a data set on the network's device.

    Attributes:
        images: their indices in the data set.
        left: N×3×H×W in [0, 1].
        right: the same shape.
        truth: N×1×H×W ground truth in pixels; 0 where there is none.
        classes: N×1×H×W uint8 train ids; 255 where unknown.
    """

    images: Sequence[int]
    left: Tensor
    right: Tensor
    truth: Tensor
    classes: Tensor


Perturb = Callable[[Batch], Views]


@dataclass(frozen=True)
class Condition:
    """One line of attack: what the images were perturbed with, as it stands in the tables.

    Attributes:
        source: what the SUP was optimized on, ``noise``, or ``none`` for clean images.
        size: ``tile64`` … or ``full``; empty for clean images.
        epsilon: as text; ``0`` for clean images.
        seed: of the SUP or of the noise; empty for clean images.
        perturb: None for clean images, whose prediction is the cached one.
        labels: further columns of the records.
    """

    source: str
    size: str = ""
    epsilon: str = "0"
    seed: str = ""
    perturb: Perturb | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


def unperturbed(batch: Batch) -> Views:
    """The pairs as they are."""
    return batch.left, batch.right


def universal(perturbation: StereoPerturbation) -> Perturb:
    """Add one perturbation to every pair."""
    return lambda batch: perturbation(batch.left, batch.right)
