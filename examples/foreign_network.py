"""A network that comes with another package, wrapped.

``BlockMatcher`` stands for it: it knows nothing of this library, wants images in 0 … 255 and returns N×H×W disparities.
The wrapper says what images are like when they reach it, where its output is, and which loss attacks ascend.

Its authors' checkpoint holds the state dict under ``weights``, with the names of their own module. ``key`` and
``prefix`` say so in a configuration; they may be left out where, as here, only one choice fits::

    networks:
      foreign:
        architecture: examples.foreign_network:Wrapped
        weights:
          released: {bundled: foreign.pth, key: weights, prefix: net.}
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks import StereoNetwork, StereoOutput
from supcore.networks.losses import masked_smooth_l1


class BlockMatcher(nn.Module):
    """Compares two learned features of the blocks around each pixel; the package of somebody else."""

    def __init__(self, disparities: int) -> None:
        super().__init__()
        self.disparities = disparities
        self.filters = nn.Conv2d(3, 8, kernel_size=5, padding=2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """Disparity in pixels, N×H×W, of N×3×H×W images in 0 … 255."""
        left_features, right_features = self.filters(left), self.filters(right)
        shifted = F.pad(right_features, (self.disparities - 1, 0))
        width = left.shape[-1]
        views = [shifted[..., self.disparities - 1 - d :][..., :width] for d in range(self.disparities)]
        costs = torch.stack([(left_features - view).abs().mean(dim=1) for view in views], dim=1)
        likeness = F.softmax(-F.avg_pool2d(costs, 5, stride=1, padding=2), dim=1)
        return (likeness * torch.arange(self.disparities, device=left.device).view(1, -1, 1, 1)).sum(dim=1)


@dataclass(frozen=True)
class WrappedOptions:
    """Options of :class:`Wrapped`.

    Attributes:
        max_disparity: in pixels.
    """

    max_disparity: int = 32


class Wrapped(StereoNetwork):
    """The foreign network as this library wants it."""

    family = "correlation"
    image_mean = (0.0, 0.0, 0.0)
    image_std = (1 / 255, 1 / 255, 1 / 255)

    def __init__(self, options: WrappedOptions = WrappedOptions()) -> None:
        super().__init__()
        self.options = options
        self.net = BlockMatcher(options.max_disparity)  # hence the prefix "net."

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """Its only map, with a dimension for the channel."""
        return [self.net(left, right).unsqueeze(1)]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """Smooth-L1 where there is a target, for attacks; a package's own loss can stand here."""
        return masked_smooth_l1(output.disparity, target, target > 0)
