"""What is done to the images before a network sees them: universal perturbations, attacks, corruptions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from supcore.attack.per_image import PerImageAttack
from supcore.corruptions import corrupt_pair
from supcore.perturbation import StereoPerturbation
from supcore.seeding import torch_generator

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


def per_image(attack: PerImageAttack, *, against_truth: bool) -> Perturb:
    """Attack every pair by itself, moving away from ground truth or from the clean prediction."""
    return lambda batch: attack(batch.left, batch.right, batch.images, batch.truth if against_truth else None)


def corrupted(
    perturb: Perturb, name: str, severity: int | None = None, *, seed: int = 0, shared_draws: bool = False
) -> Perturb:
    """Corrupt what ``perturb`` gives, as an image is corrupted on its way to the network.

    Every pair draws from the stream of its index, so a corruption is the same for every network and perturbation.

    Args:
        perturb: what happens before.
        name: as for :func:`supcore.corruptions.corrupt`.
        severity: None is the published one.
        seed: of the draws.
        shared_draws: one draw for both views; published are independent ones.
    """

    def apply(batch: Batch) -> Views:
        lefts, rights = [], []
        for pair, image in zip(zip(*perturb(batch), strict=True), batch.images, strict=True):
            generator = torch_generator(seed, "corruption", name, image)
            left, right = corrupt_pair(*pair, name, severity, generator=generator, shared_draws=shared_draws)
            lefts.append(left)
            rights.append(right)
        return torch.stack(lefts), torch.stack(rights)

    return apply


def remembered(perturb: Perturb) -> Perturb:
    """Perturb every batch once and hand the same views to every further network; keeps all of them in memory."""
    known: dict[tuple[int, ...], Views] = {}

    def apply(batch: Batch) -> Views:
        images = tuple(batch.images)
        if images not in known:
            known[images] = perturb(batch)
        return known[images]

    return apply
