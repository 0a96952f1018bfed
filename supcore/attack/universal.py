"""One step of the universal attack."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor

from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation

StepRule = Literal["clip", "sign"]


class UniversalAttack:
    """Gradient ascent of a network's loss on one perturbation shared by all images.

    Args:
        network: attacked; its weights and batch-norm statistics stay untouched.
        perturbation: updated in place by :meth:`step`.
        alpha: bound (``clip``) or length (``sign``) of one step, in intensity units.
        generator: of the target noise and of what the network itself draws, on the CPU.
        step_rule: ``clip`` is the published rule: the image gradient is clipped element-wise to ±alpha, then averaged
            over the tiles. ``sign`` averages first and steps by alpha times the sign; it needs far fewer steps where
            gradients are tiny.

    Attributes:
        clipped_fraction: share of gradient elements beyond ±alpha in the last step.
    """

    def __init__(
        self,
        network: StereoNetwork,
        perturbation: StereoPerturbation,
        alpha: float,
        generator: torch.Generator | None = None,
        step_rule: StepRule = "clip",
    ) -> None:
        if step_rule not in ("clip", "sign"):
            raise ValueError(f"step_rule must be 'clip' or 'sign', got {step_rule!r}")
        if not alpha > 0:
            raise ValueError(f"alpha must be positive, got {alpha}")
        self.network = network
        self.perturbation = perturbation
        self.alpha = alpha
        self.generator = generator
        self.step_rule = step_rule
        self.clipped_fraction = 0.0

    def step(self, left: Tensor, right: Tensor, target: Tensor | None = None) -> Tensor:
        """One ascent step on a batch.

        Args:
            left: N×3×H×W in [0, 1].
            right: the same shape.
            target: N×1×H×W disparity to move away from. None: the network's clean prediction plus unit Gaussian
                noise; without the noise the gradient at zero perturbation would vanish.

        Returns:
            The loss before the step, a scalar.
        """
        with _frozen(self.network):
            if target is None:
                target = self.clean_target(left, right)
            left, right = left.detach().requires_grad_(), right.detach().requires_grad_()
            drawn = self.network.random_options(self.generator)
            loss = self.network.loss(self.network(*self.perturbation(left, right), **drawn), target)
            gradients = torch.autograd.grad(loss, (left, right))
        sup = self.perturbation
        self.clipped_fraction = float(
            torch.stack([(g.sum(0).abs() > self.alpha).float().mean() for g in gradients]).mean()
        )
        sup.left = sup.left + self._ascent(gradients[0]).to(sup.left.device)
        sup.right = sup.right + self._ascent(gradients[1]).to(sup.right.device)
        sup.project()
        return loss.detach()

    def clean_target(self, left: Tensor, right: Tensor) -> Tensor:
        """The clean prediction plus noise from the generator: N×1×H×W."""
        clean = self.network.predict(left, right, **self.network.random_options(self.generator))
        return clean + torch.randn(clean.shape, generator=self.generator).to(clean.device)

    def _ascent(self, gradient: Tensor) -> Tensor:
        """The tile's update from the N×3×H×W image gradient, in the published order."""
        total = gradient.sum(dim=0)
        if self.step_rule == "clip":
            return self._mean_over_tiles(total.clamp(-self.alpha, self.alpha))
        return self.alpha * self._mean_over_tiles(total).sign()

    def _mean_over_tiles(self, image: Tensor) -> Tensor:
        height, width = self.perturbation.size
        tiles = image.unflatten(2, (-1, width)).unflatten(1, (-1, height))
        return tiles.mean(dim=(1, 3))


@contextmanager
def _frozen(network: StereoNetwork) -> Iterator[None]:
    """For the block: batch-norm statistics stay, and no gradient of the weights is computed."""
    was_training = network.training
    trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
    network.eval()
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        network.train(was_training)
        for parameter in trainable:
            parameter.requires_grad_(True)
