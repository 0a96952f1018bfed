"""Adversarial fine-tuning: a trained network goes on training on clean and on perturbed stereo pairs."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from supcore.attack.choices import Selection
from supcore.data.dataset import StereoDataset
from supcore.errors import SupError
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation
from supcore.seeding import numpy_generator
from supcore.training.stereo import Extension, Row, validate


@dataclass(frozen=True)
class AdversarialFinetuning(Extension):
    """Perturbs whole batches with fixed SUPs, and validates clean and under the strongest SUP.

    Images are padded as for an evaluation: the release fine-tunes with the code that it evaluates with.

    Attributes:
        sups: one is chosen for a perturbed batch, all with the same chance; their tiles must divide the batch's
            images. They are not changed.
        validation: pairs with ground truth; none to leave the validation out.
        probability: of a perturbed batch.
        seed: of the choices; each depends on it and the step alone.
        selection: keep the weights of the ``last`` step, or the ``best`` of the history: lowest D1 under the
            strongest SUP.

    Raises:
        SupError: no SUPs.
    """

    extra_block: ClassVar[bool] = True

    sups: Sequence[StereoPerturbation]
    validation: StereoDataset | None = None
    probability: float = 0.5
    seed: int = 0
    selection: Selection = "last"

    def __post_init__(self) -> None:
        if not self.sups:
            raise SupError("adversarial fine-tuning needs at least one SUP; list sources, sizes and epsilons")

    @property
    def lowest(self) -> str | None:  # type: ignore[override]
        """Column of the history that selects the weights."""
        return "d1_perturbed" if self.selection == "best" else None

    @property
    def strongest(self) -> StereoPerturbation:
        """The SUP of the largest epsilon; the first of several."""
        return max(self.sups, key=lambda sup: sup.epsilon)

    def chosen(self, step: int) -> StereoPerturbation | None:
        """The SUP of this step's batch, or None for a clean batch."""
        random = numpy_generator(self.seed, "perturbed batch", step)
        if random.random() >= self.probability:
            return None
        return self.sups[int(random.integers(len(self.sups)))]

    def change(self, step: int, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """The whole batch under one SUP, or as it is."""
        sup = self.chosen(step)
        return (left, right) if sup is None else sup(left, right)

    def assess(self, network: StereoNetwork) -> Row:
        """D1 (%) and EPE (px) on the validation pairs, clean and under the strongest SUP."""
        if self.validation is None:
            return {}
        clean = validate(network, self.validation)
        perturbed = validate(network, self.validation, perturbation=self.strongest)
        return {
            f"{measure}_{kind}": result[measure]
            for kind, result in (("clean", clean), ("perturbed", perturbed))
            for measure in ("d1", "epe")
        }

    def identity(self) -> dict[str, Any]:
        """The contents of the SUPs and of the validation pairs, and everything that is set here."""
        digest = hashlib.sha256()
        for sup in self.sups:
            for tile in (sup.left, sup.right):
                digest.update(f"{sup.epsilon} {tuple(tile.shape)}".encode() + tile.cpu().numpy().tobytes())
        settings = {"probability": self.probability, "seed": self.seed, "selection": self.selection}
        validation = None if self.validation is None else self.validation.identity()
        return {"sups": digest.hexdigest(), "adversarial": settings, "validation": validation}
