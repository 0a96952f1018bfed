"""Step rules, selections and per-image attacks by name; without PyTorch, so that checking a configuration is quick."""

from dataclasses import dataclass, replace
from typing import Literal

StepRule = Literal["clip", "sign", "normalized"]
Selection = Literal["last", "best"]


@dataclass(frozen=True)
class PerImageOptions:
    """How a pair is attacked.

    Attributes:
        steps: gradient steps of one restart.
        alpha_of_epsilon: length of a step as a share of epsilon; None is the published length, see
            :func:`published_alpha`.
        momentum: decay of the accumulated gradients, each divided by its L1 norm; 0 steps along the last one alone.
        diversity_probability: of resizing and padding the pair before a step.
        random_start: start from uniform noise within epsilon, not from the clean pair.
        restarts: independent runs, of which the one with the highest loss counts.
        adaptive: choose the length of steps during the run and return its best point, see
            :mod:`supcore.attack.apgd`; the first steps have twice epsilon, and ``alpha_of_epsilon`` and ``momentum``
            are not used.
        cosine_weights: scale the gradient of every pixel by how alike prediction and target still are, see
            :mod:`supcore.attack.cospgd`.
    """

    steps: int = 40
    alpha_of_epsilon: float | None = None
    momentum: float = 0.0
    diversity_probability: float = 0.0
    random_start: bool = False
    restarts: int = 1
    adaptive: bool = False
    cosine_weights: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1 or self.restarts < 1:
            raise ValueError(f"steps and restarts must be positive, got {self.steps} and {self.restarts}")
        if self.alpha_of_epsilon is not None and not self.alpha_of_epsilon > 0:
            raise ValueError(f"alpha_of_epsilon must be positive, got {self.alpha_of_epsilon}")
        if not 0 <= self.momentum <= 1 or not 0 <= self.diversity_probability <= 1:
            raise ValueError(
                f"momentum and diversity_probability must be in [0, 1], got {self.momentum} "
                f"and {self.diversity_probability}"
            )
        if self.adaptive and (self.momentum or self.alpha_of_epsilon is not None):
            raise ValueError("an adaptive attack chooses its steps itself; leave out momentum and alpha_of_epsilon")


PER_IMAGE_ATTACKS = {
    "fgsm": PerImageOptions(steps=1, alpha_of_epsilon=1.0),
    "ifgsm": PerImageOptions(),
    "mifgsm": PerImageOptions(momentum=0.47),
    "di2fgsm": PerImageOptions(diversity_probability=0.5),
    "mdi2fgsm": PerImageOptions(momentum=0.47, diversity_probability=0.5),
    # Not of that paper: the step of Madry et al., 2.5 epsilon over the number of steps.
    "pgd": PerImageOptions(alpha_of_epsilon=2.5 / 40, random_start=True, restarts=3),
    # With the steps of PGD, so that the weights are all that the two differ by.
    "cospgd": PerImageOptions(alpha_of_epsilon=2.5 / 40, random_start=True, restarts=3, cosine_weights=True),
    "apgd": PerImageOptions(random_start=True, restarts=3, adaptive=True),
}


def per_image_options(name: str, steps: int | None = None) -> PerImageOptions:
    """An attack of :data:`PER_IMAGE_ATTACKS`, with another number of steps if one is given; their length stays.

    FGSM keeps its single step.
    """
    attack = PER_IMAGE_ATTACKS[name]
    return attack if steps is None or attack.steps == 1 else replace(attack, steps=steps)
