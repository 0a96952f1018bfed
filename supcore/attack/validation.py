"""How wrong the attacked networks are on held-out pairs."""

import math
from collections.abc import Iterator, Sequence

from torch import Tensor

from supcore.attack.goal import Goal
from supcore.data.dataset import StereoDataset, stack_pairs
from supcore.metrics import d1_error, end_point_error, target_success, valid_pixels
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation


class SupValidator:
    """D1 and EPE of the attacked networks on the validation pairs, against both references.

    Args:
        networks: in evaluation mode; the errors are means over them.
        pairs: a pair without ground truth counts for the errors against the clean predictions only.
        goal: of a targeted SUP.
        batch: pairs in a forward pass.
    """

    def __init__(
        self, networks: Sequence[StereoNetwork], pairs: StereoDataset, goal: Goal | None = None, batch: int = 1
    ) -> None:
        self.networks, self.pairs, self.goal = networks, pairs, goal
        self.device, count = networks[0].device, len(pairs)
        self._batches = [range(first, min(first + batch, count)) for first in range(0, count, batch)]
        self.clean = [list(self._predictions(network)) for network in networks]

    def __call__(self, perturbation: StereoPerturbation) -> dict[str, float]:
        """Means over pairs and networks: ``d1_clean``, ``epe_clean``, ``d1_ground_truth``, ``epe_ground_truth``.

        With a goal also ``target_success``, see :func:`~supcore.metrics.target_success`.
        """
        errors: dict[str, list[float]] = {f"{m}_{r}": [] for m in ("d1", "epe") for r in ("clean", "ground_truth")}
        errors |= {} if self.goal is None else {"target_success": []}
        for network, predictions in zip(self.networks, self.clean, strict=True):
            attacked_maps = self._predictions(network, perturbation)
            for index, (clean, attacked) in enumerate(zip(predictions, attacked_maps, strict=True)):
                truth = self.pairs[index].disparity[None].to(self.device)
                for name, reference in (("clean", clean), ("ground_truth", truth)):
                    if valid_pixels(reference).any():
                        errors[f"d1_{name}"].append(float(d1_error(attacked, reference)))
                        errors[f"epe_{name}"].append(float(end_point_error(attacked, reference)))
                if self.goal is not None and valid_pixels(aim := self.goal.disparity(clean)).any():
                    errors["target_success"].append(float(target_success(attacked, aim)))
        return {name: sum(values) / len(values) if values else math.nan for name, values in errors.items()}

    def _predictions(self, network: StereoNetwork, sup: StereoPerturbation | None = None) -> Iterator[Tensor]:
        """The network's 1×1×H×W disparity of every pair, perturbed or clean."""
        for images in self._batches:
            views = stack_pairs([self.pairs[index] for index in images]).views(self.device)
            yield from network.predict(*(views if sup is None else sup(*views))).split(1)

    @property
    def has_target(self) -> bool:
        """Whether the goal is positive at any pixel."""
        goal = self.goal
        return goal is not None and any(valid_pixels(goal.disparity(d)).any() for maps in self.clean for d in maps)

    @property
    def has_ground_truth(self) -> bool:
        """Whether any validation pair has some."""
        return any(valid_pixels(self.pairs[index].disparity).any() for index in range(len(self.pairs)))
