"""What attacks on single images ascend: the network's loss on every pair of a batch by itself."""

from collections.abc import Sequence

import torch
from torch import Tensor

from supcore.attack.choices import PerImageOptions
from supcore.attack.cospgd import weighted
from supcore.attack.diversity import resize_and_pad
from supcore.errors import SupError
from supcore.networks import StereoNetwork
from supcore.networks.base import StereoOutput


class Objective:
    """The losses of N stereo pairs and their gradients, as if each pair were alone.

    Args:
        network: attacked. One that draws random numbers draws them for a batch, so it takes one pair only.
        targets: N×1×H×W disparity in pixels to move away from.
        images: indices of the pairs in their data set, for messages.
        generators: one for each pair, of all that is random about it.
        options: of the attack.
    """

    def __init__(
        self,
        network: StereoNetwork,
        targets: Tensor,
        images: Sequence[int],
        generators: Sequence[torch.Generator],
        options: PerImageOptions,
    ) -> None:
        self.network, self.targets, self.images = network, targets, images
        self.generators, self.options = generators, options

    def losses(self, views: Tensor) -> Tensor:
        """The N losses of N×2×3×H×W views.

        Raises:
            SupError: one of them is not finite.
        """
        return self._losses(views, self.targets)

    def gradients(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """The N losses and the gradient of each by its views, after the diversity that the options ask for.

        Raises:
            SupError: a loss is not finite.
        """
        views = views.detach().requires_grad_()
        losses = self._losses(*self._diversified(views))
        (gradients,) = torch.autograd.grad(losses.sum(), views)
        return losses.detach(), gradients

    def _diversified(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """Views and targets, those of some pairs resized and padded."""
        shown, targets = list(views), list(self.targets.split(1))
        for number, generator in enumerate(self.generators):
            if torch.rand((), generator=generator) < self.options.diversity_probability:
                shown[number], targets[number] = resize_and_pad(views[number], targets[number], generator)
        return torch.stack(shown), torch.cat(targets)

    def _losses(self, views: Tensor, targets: Tensor) -> Tensor:
        output = self.network(*views.unbind(1), **self.network.random_options(self.generators[0]))
        if self.options.cosine_weights:
            output = weighted(output, targets)
        losses = [self.network.loss(_one(output, i), targets[i : i + 1]) for i in range(len(targets))]
        for image, loss in zip(self.images, losses, strict=True):
            if not loss.isfinite():
                raise SupError(
                    f"the loss of the attacked network is {float(loss.detach())} on image {image}; "
                    "check weights and images"
                )
        return torch.stack(losses)


def _one(output: StereoOutput, number: int) -> StereoOutput:
    """The maps of one pair of a batch."""
    part = slice(number, number + 1)
    return StereoOutput(output.disparity[part], tuple(disparity[part] for disparity in output.auxiliary))
