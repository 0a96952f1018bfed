"""Attacks that make a perturbation of its own for every stereo pair.

The fast gradient sign method and its iterative, momentum and diverse-input versions, as "Stereopagnosia" (Wong et al.,
AAAI 2021) applies them to both views of a pair; projected gradient descent (PGD, Madry et al., ICLR 2018), with the
steps of Auto-PGD or the pixel weights of CosPGD if the options say so.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from supcore.attack import apgd
from supcore.attack.choices import PerImageOptions
from supcore.attack.frozen import frozen
from supcore.attack.objective import Objective
from supcore.attack.universal import divide_by_l1_norm
from supcore.inputs import PairCheck, check_maps
from supcore.networks import StereoNetwork
from supcore.seeding import torch_generator

PUBLISHED_ALPHA = {0.02: 2e-3, 0.01: 2.5e-4, 0.005: 1.25e-4, 0.002: 5e-5}


def published_alpha(epsilon: float) -> float:
    """Length of a step of the iterative attacks: the paper's for its four bounds, else epsilon / 40.

    The latter is the paper's share for all but the largest bound: 40 steps in one direction just reach epsilon.

    Examples:
        >>> published_alpha(0.01), published_alpha(0.04)
        (0.00025, 0.001)
    """
    return PUBLISHED_ALPHA.get(epsilon, epsilon / 40)


class PerImageAttack:
    """Gradient-sign ascent of a network's loss on single stereo pairs, both views perturbed.

    A batch of pairs takes its steps together, each along its own gradient, and everything random about a pair is drawn
    from the stream of its index: the result does not depend on the batch it comes in, up to rounding. A network that
    itself draws numbers does so for a whole batch, so there the pairs are attacked one by one.

    Args:
        network: attacked; weights and batch-norm statistics stay untouched.
        epsilon: bound of every element of the perturbation, in intensity units, in (0, 1].
        options: one of ``PER_IMAGE_ATTACKS``, or your own.
        seed: of the target noise, starts, diversity and of what the network itself draws.

    Examples:
        >>> from supcore.attack import PER_IMAGE_ATTACKS
        >>> from supcore.networks import build_network
        >>> _ = torch.manual_seed(0)  # some of the random weights have no gradient
        >>> network = build_network("psmnet", base_channels=4, pooling_sizes=(8, 4, 2, 1), max_disparity=16)
        >>> attack = PerImageAttack(network, epsilon=0.02, options=PER_IMAGE_ATTACKS["fgsm"])
        >>> left, right = torch.rand(2, 1, 3, 32, 64, generator=torch.Generator().manual_seed(0))
        >>> perturbed_left, perturbed_right = attack(left, right, images=[0])
        >>> round(float((perturbed_left - left).abs().max()), 4)
        0.02
    """

    def __init__(self, network: StereoNetwork, epsilon: float, options: PerImageOptions, seed: int = 0) -> None:
        if not 0 < epsilon <= 1:
            raise ValueError(f"epsilon must be in (0, 1], got {epsilon}")
        share = options.alpha_of_epsilon
        self.network = network
        self.epsilon = epsilon
        self.alpha = published_alpha(epsilon) if share is None else share * epsilon
        self.options = options
        self.seed = seed
        self._check_pair = PairCheck()

    def __call__(
        self, left: Tensor, right: Tensor, images: Sequence[int], target: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Perturb a batch of pairs.

        Args:
            left: N×3×H×W in [0, 1].
            right: the same shape.
            images: N indices of the pairs in their data set.
            target: N×1×H×W disparity in pixels to move away from, <= 0 where it does not count. The published
                attacks take the ground truth. None: the clean prediction plus unit Gaussian noise, as the universal
                attack does, which needs no ground truth.

        Returns:
            The perturbed pairs, within epsilon of the clean ones and in [0, 1].

        Raises:
            InputError: no such images or target; values are checked as :class:`~supcore.inputs.PairCheck` says.
            SupError: the loss is not finite.
        """
        self._check_pair(left, right)
        if target is not None:
            check_maps(image=left[:, :1], target=target)
        clean = torch.stack((left, right), dim=1)
        indices = [index for _, index in zip(left, images, strict=True)]
        size = 1 if self.network.takes_generator else len(indices)
        attacked = []
        with frozen(self.network, pixels=left[:size, 0].numel()):
            for first in range(0, len(indices), size):
                part = slice(first, first + size)
                attacked.append(self._attack(clean[part], indices[part], None if target is None else target[part]))
        pairs = torch.cat(attacked)
        return pairs[:, 0], pairs[:, 1]

    def _attack(self, clean: Tensor, images: list[int], target: Tensor | None) -> Tensor:
        """The N×2×3×H×W results, of each pair the restart with the highest loss, without diversity."""
        generators = [torch_generator(self.seed, "per-image attack", image) for image in images]
        if target is None:
            target = self._clean_target(clean, generators)
        objective = Objective(self.network, target, images, generators, self.options)
        best = self._run(clean, objective)
        if self.options.restarts == 1:
            return best
        runs = torch.stack([best, *(self._run(clean, objective) for _ in range(self.options.restarts - 1))])
        with torch.no_grad():
            highest = torch.stack([objective.losses(views) for views in runs]).argmax(dim=0)
        return runs[highest, torch.arange(len(images), device=runs.device)]

    def _clean_target(self, clean: Tensor, generators: list[torch.Generator]) -> Tensor:
        prediction = self.network.predict(*clean.unbind(1), **self.network.random_options(generators[0]))
        noise = torch.cat([torch.randn((1, *prediction.shape[1:]), generator=draws) for draws in generators])
        return prediction + noise.to(prediction.device)

    def _run(self, clean: Tensor, objective: Objective) -> Tensor:
        """One run on N×2×3×H×W views."""
        start = clean
        if self.options.random_start:
            uniform = torch.stack([torch.rand(clean.shape[1:], generator=draws) for draws in objective.generators])
            start = self._project(clean + self.epsilon * (2 * uniform.to(clean.device) - 1), clean)
        if self.options.adaptive:
            return apgd.ascend(
                *(start, self.options.steps, self.epsilon, objective.gradients, objective.losses),
                lambda views: self._project(views, clean),
            )
        return self._sign_steps(start, clean, objective)

    def _sign_steps(self, views: Tensor, clean: Tensor, objective: Objective) -> Tensor:
        velocity = torch.zeros_like(clean)
        for _ in range(self.options.steps):
            _, gradients = objective.gradients(views)
            direction = divide_by_l1_norm(gradients.flatten(0, 1)).view_as(gradients)
            velocity = self.options.momentum * velocity + direction
            views = self._project(views + self.alpha * velocity.sign(), clean)
        return views

    def _project(self, views: Tensor, clean: Tensor) -> Tensor:
        return views.clamp(clean - self.epsilon, clean + self.epsilon).clamp(0, 1)
