"""Attacks that make a perturbation of its own for every stereo pair.

The fast gradient sign method and its iterative, momentum and diverse-input versions, as "Stereopagnosia" (Wong et al.,
AAAI 2021) applies them to both views of a pair, and projected gradient descent (Madry et al., ICLR 2018).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from supcore.attack.choices import PerImageOptions
from supcore.attack.diversity import resize_and_pad
from supcore.attack.frozen import frozen
from supcore.attack.universal import divide_by_l1_norm
from supcore.errors import SupError
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

    The pairs are attacked one by one, and everything random about a pair is drawn from the stream of its index, so
    the result does not depend on the batch it comes in.

    Args:
        network: attacked; weights and batch-norm statistics stay untouched.
        epsilon: bound of every element of the perturbation, in intensity units, in (0, 1].
        options: one of ``PER_IMAGE_ATTACKS``, or your own.
        seed: of the target noise, starts, diversity and of what the network itself draws.

    Examples:
        >>> from supcore.attack import PER_IMAGE_ATTACKS
        >>> from supcore.networks import build_network
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
        attacked = []
        with frozen(self.network):
            for i, (*pair, image) in enumerate(zip(left, right, images, strict=True)):
                generator = torch_generator(self.seed, "per-image attack", image)
                clean = torch.stack(pair)
                wanted = self._clean_target(clean, generator) if target is None else target[i : i + 1]
                attacked.append(self._strongest(clean, wanted, image, generator))
        pairs = torch.stack(attacked)
        return pairs[:, 0], pairs[:, 1]

    def _clean_target(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        prediction = self.network.predict(*clean.split(1), **self.network.random_options(generator))
        return prediction + torch.randn(prediction.shape, generator=generator).to(prediction.device)

    def _strongest(self, clean: Tensor, target: Tensor, image: int, generator: torch.Generator) -> Tensor:
        """The 2×3×H×W result of the restart with the highest loss, without diversity."""
        runs = [self._run(clean, target, image, generator) for _ in range(self.options.restarts)]
        if len(runs) == 1:
            return runs[0]
        with torch.no_grad():
            losses = [float(self._loss(views, target, image, generator)) for views in runs]
        return runs[losses.index(max(losses))]

    def _run(self, clean: Tensor, target: Tensor, image: int, generator: torch.Generator) -> Tensor:
        views = clean
        if self.options.random_start:
            uniform = torch.rand(clean.shape, generator=generator).to(clean.device)
            views = self._project(clean + self.epsilon * (2 * uniform - 1), clean)
        velocity = torch.zeros_like(clean)
        for _ in range(self.options.steps):
            views = views.detach().requires_grad_()
            shown, wanted = views, target
            if torch.rand((), generator=generator) < self.options.diversity_probability:
                shown, wanted = resize_and_pad(views, target, generator)
            (gradient,) = torch.autograd.grad(self._loss(shown, wanted, image, generator), views)
            velocity = self.options.momentum * velocity + divide_by_l1_norm(gradient)
            views = self._project(views.detach() + self.alpha * velocity.sign(), clean)
        return views

    def _project(self, views: Tensor, clean: Tensor) -> Tensor:
        return views.clamp(clean - self.epsilon, clean + self.epsilon).clamp(0, 1)

    def _loss(self, views: Tensor, target: Tensor, image: int, generator: torch.Generator) -> Tensor:
        output = self.network(*views.split(1), **self.network.random_options(generator))
        loss = self.network.loss(output, target)
        if not loss.isfinite():
            raise SupError(
                f"the loss of the attacked network is {float(loss.detach())} on image {image}; check weights and images"
            )
        return loss
