"""How wrong the attacked networks are on held-out pairs."""

import math
from collections.abc import Sequence

from supcore.attack.goal import Goal
from supcore.data.dataset import StereoDataset
from supcore.metrics import d1_error, end_point_error, target_success, valid_pixels
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation


class SupValidator:
    """D1 and EPE of the attacked networks on the validation pairs, against both references.

    Args:
        networks: in evaluation mode; the errors are means over them.
        pairs: a pair without ground truth counts for the errors against the clean predictions only.
        goal: of a targeted SUP.
    """

    def __init__(self, networks: Sequence[StereoNetwork], pairs: StereoDataset, goal: Goal | None = None) -> None:
        self.networks, self.pairs, self.goal = networks, pairs, goal
        self.device = networks[0].device
        images = range(len(pairs))
        self.clean = [[network.predict(*pairs[i].views(self.device)) for i in images] for network in networks]

    def __call__(self, perturbation: StereoPerturbation) -> dict[str, float]:
        """Means over pairs and networks: ``d1_clean``, ``epe_clean``, ``d1_ground_truth``, ``epe_ground_truth``.

        With a goal also ``target_success``, see :func:`~supcore.metrics.target_success`.
        """
        errors: dict[str, list[float]] = {f"{m}_{r}": [] for m in ("d1", "epe") for r in ("clean", "ground_truth")}
        errors |= {} if self.goal is None else {"target_success": []}
        for network, predictions in zip(self.networks, self.clean, strict=True):
            for index, clean in enumerate(predictions):
                attacked = network.predict(*perturbation(*self.pairs[index].views(self.device)))
                truth = self.pairs[index].disparity[None].to(self.device)
                for name, reference in (("clean", clean), ("ground_truth", truth)):
                    if valid_pixels(reference).any():
                        errors[f"d1_{name}"].append(float(d1_error(attacked, reference)))
                        errors[f"epe_{name}"].append(float(end_point_error(attacked, reference)))
                if self.goal is not None and valid_pixels(aim := self.goal.disparity(clean)).any():
                    errors["target_success"].append(float(target_success(attacked, aim)))
        return {name: sum(values) / len(values) if values else math.nan for name, values in errors.items()}

    @property
    def has_target(self) -> bool:
        """Whether the goal is positive at any pixel."""
        goal = self.goal
        return goal is not None and any(valid_pixels(goal.disparity(d)).any() for maps in self.clean for d in maps)

    @property
    def has_ground_truth(self) -> bool:
        """Whether any validation pair has some."""
        return any(valid_pixels(self.pairs[index].disparity).any() for index in range(len(self.pairs)))
