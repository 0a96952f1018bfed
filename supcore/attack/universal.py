"""One step of the universal attack, on one network or on several at once, away from a disparity or towards one."""

from collections.abc import Sequence
from typing import get_args

import torch
from torch import Tensor

from supcore.attack.choices import StepRule
from supcore.attack.frozen import frozen
from supcore.attack.goal import Goal
from supcore.errors import SupError
from supcore.inputs import PairCheck, check_maps
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation


class UniversalAttack:
    """Gradient ascent of the networks' losses on one perturbation shared by all images.

    A network's direction is a pair of tiles: with ``clip`` the published update (image gradient clipped element-wise
    to ±alpha, then averaged over the tiles); with the other rules the gradient averaged over the tiles, each view's
    divided by its L1 norm, so that no network of an ensemble dominates by the scale of its loss. The mean of the
    networks' directions is accumulated, velocity = momentum · velocity + mean, as in MI-FGSM (Dong et al., CVPR 2018),
    and the step is made from the velocity. With a goal the losses are descended instead.

    Args:
        network: attacked, or a sequence of networks attacked together; weights and batch-norm statistics stay
            untouched.
        perturbation: updated in place by :meth:`step`.
        alpha: bound (``clip``) or length (the other rules) of one step, in intensity units.
        generator: of the target noise and of what the networks themselves draw, on the CPU. It may be replaced
            between steps.
        step_rule: ``clip`` is the published rule: the step is the velocity. ``sign`` steps by alpha times the sign
            of every element; it needs far fewer steps where gradients are tiny. ``normalized`` divides each
            view's velocity by its L2 norm, the ascent step of an L2-bounded attack, and steps with root mean square
            alpha: as far as ``sign``, but in proportion to the gradient.
        momentum: decay of the velocity, in [0, 1]; 0 as published. With ``clip`` an element moves by up to
            alpha / (1 - momentum).
        goal: lead to this disparity by descent; None moves away from the clean prediction by ascent.

    Attributes:
        velocity: 2×3×h×w, accumulated directions of the left and the right tile; zero before the first step.
        clipped_fraction: share of gradient elements beyond ±alpha in the last step, over all networks.

    Examples:
        >>> from supcore.networks import build_network
        >>> _ = torch.manual_seed(0)
        >>> network = build_network("psmnet", base_channels=4, pooling_sizes=(8, 4, 2, 1), max_disparity=16)
        >>> sup = StereoPerturbation(size=(16, 16), image_size=(32, 64), epsilon=0.02)
        >>> generator = torch.Generator().manual_seed(0)
        >>> attack = UniversalAttack(network, sup, alpha=0.005, generator=generator, step_rule="sign")
        >>> left, right = torch.rand(2, 1, 3, 32, 64, generator=generator)
        >>> losses = [attack.step(left, right) for _ in range(5)]
        >>> round(float(sup.left.abs().max()), 4)  # five steps of 0.005 would be 0.025
        0.02
    """

    def __init__(
        self,
        network: StereoNetwork | Sequence[StereoNetwork],
        perturbation: StereoPerturbation,
        alpha: float,
        generator: torch.Generator | None = None,
        step_rule: StepRule = "clip",
        momentum: float = 0.0,
        goal: Goal | None = None,
    ) -> None:
        if step_rule not in get_args(StepRule):
            raise ValueError(f"step_rule must be one of {', '.join(get_args(StepRule))}, got {step_rule!r}")
        if not alpha > 0:
            raise ValueError(f"alpha must be positive, got {alpha}")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be in [0, 1], got {momentum}")
        self.networks = as_networks(network)
        self.perturbation = perturbation
        self.alpha = alpha
        self.generator = generator
        self.step_rule = step_rule
        self.momentum = momentum
        self.goal = goal
        self.velocity = torch.zeros(2, 3, *perturbation.size)
        self.clipped_fraction = 0.0
        self._check_pair = PairCheck()

    def step(
        self, left: Tensor, right: Tensor, target: Tensor | None = None, *, clean: Sequence[Tensor] | None = None
    ) -> Tensor:
        """One step on a batch.

        Args:
            left: N×3×H×W in [0, 1].
            right: the same shape.
            target: N×1×H×W disparity to move away from, or to lead to if there is a goal. None: each network's clean
                prediction plus unit Gaussian noise, without which the gradient at zero perturbation would vanish; or
                what the goal makes of the clean prediction.
            clean: N×1×H×W clean prediction of each network, if they are known: a third of a step's work.

        Returns:
            The mean of the networks' losses before the step, a scalar.

        Raises:
            InputError: no such images or maps; values are checked as :class:`~supcore.inputs.PairCheck` says.
            SupError: the images do not consist of whole tiles, or a loss has no gradient.
        """
        self._check_pair(left, right)
        self._refuse_partial_tiles(*left.shape[-2:])
        for name, given in (("target", [] if target is None else [target]), ("clean", clean or [])):
            for disparity in given:
                check_maps(image=left[:, :1], **{name: disparity})
        with frozen(*self.networks, pixels=left[:, 0].numel()):
            targets = self._targets(left, right, clean) if target is None else [target] * len(self.networks)
            losses, gradients = zip(
                *(self._loss_and_gradients(n, left, right, t) for n, t in zip(self.networks, targets, strict=True)),
                strict=True,
            )
        beyond = [(g.sum(0).abs() > self.alpha).float().mean() for pair in gradients for g in pair]
        self.clipped_fraction = float(torch.stack(beyond).mean())
        mean = sum(map(self._direction, gradients[1:]), self._direction(gradients[0])) / len(gradients)
        mean = mean if self.goal is None else -mean
        self.velocity = self.momentum * self.velocity.to(mean.device) + mean
        sup = self.perturbation
        step = self._step_along(self.velocity).to(sup.left.device)
        sup.left, sup.right = sup.left + step[0], sup.right + step[1]
        sup.project()
        return torch.stack(losses).mean()

    def clean_targets(self, left: Tensor, right: Tensor, clean: Sequence[Tensor] | None = None) -> list[Tensor]:
        """Each network's clean prediction, made here unless it is given, plus noise from the generator, N×1×H×W.

        The noise is drawn once for all networks: what their gradients differ by is then theirs.
        """
        clean = self._clean(left, right) if clean is None else clean
        noise = torch.randn(clean[0].shape, generator=self.generator).to(clean[0].device)
        return [prediction + noise for prediction in clean]

    def _targets(self, left: Tensor, right: Tensor, clean: Sequence[Tensor] | None) -> list[Tensor]:
        if self.goal is None:
            return self.clean_targets(left, right, clean)
        return [self.goal.disparity(p) for p in (self._clean(left, right) if clean is None else clean)]

    def _clean(self, left: Tensor, right: Tensor) -> list[Tensor]:
        return [n.predict(left, right, **n.random_options(self.generator)) for n in self.networks]

    def _refuse_partial_tiles(self, height: int, width: int) -> None:
        h, w = self.perturbation.size
        if height % h or width % w:
            raise SupError(
                f"tile {h}x{w} does not divide the images of {height}x{width} to optimize on; "
                f"crop them to whole tiles, {height // h * h}x{width // w * w}"
            )

    def _loss_and_gradients(
        self, network: StereoNetwork, left: Tensor, right: Tensor, target: Tensor
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The loss and its N×3×H×W gradients with respect to both images."""
        left, right = left.detach().requires_grad_(), right.detach().requires_grad_()
        drawn = network.random_options(self.generator)
        loss = network.loss(network(*self.perturbation(left, right), **drawn), target)
        if not loss.requires_grad:
            raise SupError(f"{_name(network)}: its loss has no gradient; set target_only = True in its class")
        by_left, by_right = torch.autograd.grad(loss, (left, right))
        return loss.detach(), (by_left, by_right)

    def _direction(self, gradients: tuple[Tensor, Tensor]) -> Tensor:
        """One network's direction from the gradients of both images: 2×3×h×w."""
        totals = [gradient.sum(dim=0) for gradient in gradients]
        if self.step_rule == "clip":
            totals = [total.clamp(-self.alpha, self.alpha) for total in totals]
        tiles = torch.stack([self._mean_over_tiles(total) for total in totals])
        return tiles if self.step_rule == "clip" else divide_by_l1_norm(tiles)

    def _step_along(self, velocity: Tensor) -> Tensor:
        if self.step_rule == "clip":
            return velocity
        if self.step_rule == "sign":
            return self.alpha * velocity.sign()
        root_mean_square = velocity.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return self.alpha * velocity / root_mean_square.clamp(min=torch.finfo(velocity.dtype).tiny)

    def _mean_over_tiles(self, image: Tensor) -> Tensor:
        height, width = self.perturbation.size
        tiles = image.unflatten(2, (-1, width)).unflatten(1, (-1, height))
        return tiles.mean(dim=(1, 3))


def as_networks(network: StereoNetwork | Sequence[StereoNetwork]) -> tuple[StereoNetwork, ...]:
    """One network or several, as a tuple.

    Raises:
        ValueError: no network at all.
        SupError: one of them is a target only.
    """
    networks = (network,) if isinstance(network, StereoNetwork) else tuple(network)
    if not networks:
        raise ValueError("there is no network to attack")
    for each in networks:
        if each.target_only:
            raise SupError(f"{_name(each)}: has no gradients to attack it by; only evaluate it (target_only: true)")
    return networks


def _name(network: StereoNetwork) -> str:
    return f"network {network.architecture or type(network).__name__}"


def divide_by_l1_norm(gradients: Tensor) -> Tensor:
    """Each of the N×3×H×W gradients divided by the sum of its absolute values, as in MI-FGSM; zero stays zero."""
    norms = gradients.abs().sum(dim=(1, 2, 3), keepdim=True)
    return gradients / norms.clamp(min=torch.finfo(gradients.dtype).tiny)
