"""What the evaluation job of a study is given: the attacked network, SUPs, and the networks to evaluate."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.predictions import Target
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation
from supcore.seeding import torch_generator
from supcore.sup_names import tile_size


@dataclass(frozen=True)
class Sup:
    """One SUP on disk.

    Attributes:
        source: what it was optimized on.
        size: ``tile64`` … or ``full``.
        epsilon: as text.
        seed: of its optimization.
        batch: pairs in a step of its optimization.
        file: the SUP, or what else a study reads from its folder.
    """

    source: str
    size: str
    epsilon: str
    seed: int
    batch: int
    file: Path


@dataclass(frozen=True)
class StudyJob:
    """One evaluation job of a study on a data set.

    Attributes:
        network: name of the network that the job is for.
        attacked: builds it.
        sups: of the study.
        targets: builds the evaluated networks one after the other.
        image_size: (height, width) of the pairs.
        epsilons: of the configuration's SUPs.
        seed: of everything random.
        device: to compute on.
    """

    network: str
    attacked: Callable[[], StereoNetwork]
    sups: Sequence[Sup]
    targets: Callable[[], Iterator[Target]]
    image_size: tuple[int, int]
    epsilons: Sequence[float]
    seed: int
    device: torch.device

    def clean_noise_and_sups(self) -> list[Condition]:
        """Clean images, noise of the size and epsilon of every SUP, and the SUPs."""
        names = dict.fromkeys((sup.size, sup.epsilon, sup.seed) for sup in self.sups)
        conditions = [Condition("none")]
        for size, epsilon, seed in names:
            signs = noise(self.seed, self.image_size, size, epsilon, seed).to(self.device)
            conditions.append(Condition("noise", size, epsilon, str(seed), universal(signs)))
        for sup in self.sups:
            loaded = StereoPerturbation.load(sup.file).to(self.device)
            conditions.append(Condition(sup.source, sup.size, sup.epsilon, str(sup.seed), universal(loaded)))
        return conditions


def noise(seed: int, image_size: tuple[int, int], size: str, epsilon: str, sup_seed: int) -> StereoPerturbation:
    """The noise control: random signs of a SUP's size and epsilon, the same for every network."""
    generator = torch_generator(seed, "noise", size, epsilon, sup_seed)
    return StereoPerturbation.random_signs(tile_size(size, image_size), image_size, float(epsilon), generator)
