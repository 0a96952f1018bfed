"""A small stereo network of one's own: features, correlation, soft-argmin.

The workflow finds it by ``architecture: examples.own_network:TinyCorrelation`` (see own_network.yaml). What a network
needs: a dataclass of options called ``<ClassName>Options``, and a sub-class of ``StereoNetwork`` with ``estimate`` and
``loss``. Normalization, padding to ``padding_unit`` and cropping come from ``StereoNetwork``.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks import StereoNetwork, StereoOutput
from supcore.networks.blocks import conv_norm_2d
from supcore.networks.losses import masked_smooth_l1
from supcore.networks.regression import expected_disparity


@dataclass(frozen=True)
class TinyCorrelationOptions:
    """Architecture of :class:`TinyCorrelation`; the keys of ``options`` in a configuration.

    Attributes:
        channels: of the features.
        max_disparity: in pixels; even.
    """

    channels: int = 24
    max_disparity: int = 32

    def __post_init__(self) -> None:
        if self.max_disparity < 2 or self.max_disparity % 2:
            raise ValueError(f"max_disparity must be even and positive, got {self.max_disparity}")


class TinyCorrelation(StereoNetwork):
    """Features at half resolution, 1-D correlation (as in DispNetC), 2-D convolutions over it, soft-argmin."""

    family = "correlation"
    padding_unit = 2

    def __init__(self, options: TinyCorrelationOptions = TinyCorrelationOptions()) -> None:
        super().__init__()
        self.options = options
        channels, disparities = options.channels, options.max_disparity // 2
        self.features = nn.Sequential(
            *(conv_norm_2d(3, channels, stride=2), nn.ReLU()),
            *(conv_norm_2d(channels, channels), nn.ReLU()),
            *(conv_norm_2d(channels, channels, dilation=2), nn.ReLU()),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        wide = 2 * disparities
        self.aggregation = nn.Sequential(
            *(conv_norm_2d(disparities + channels, wide), nn.ReLU()),
            *(conv_norm_2d(wide, wide, dilation=2), nn.ReLU()),
            *(conv_norm_2d(wide, wide, dilation=4), nn.ReLU()),
            nn.Conv2d(wide, disparities, 3, padding=1),
        )

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """One disparity map; there are no others to supervise."""
        left_features, right_features = self.features(left), self.features(right)
        scores = correlation(left_features, right_features, self.options.max_disparity // 2)
        logits = scores + self.aggregation(torch.cat((scores, left_features), dim=1))
        size = (self.options.max_disparity, *left.shape[-2:])
        logits = F.interpolate(logits.unsqueeze(1), size, mode="trilinear", align_corners=False).squeeze(1)
        return [expected_disparity(logits)]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """Smooth-L1 where there is ground truth; both training and attacks use it."""
        return masked_smooth_l1(output.disparity, target, target > 0)


def correlation(left: Tensor, right: Tensor, disparities: int) -> Tensor:
    """Cosine similarity of N×C×H×W left features and right ones shifted by 0 … D - 1 pixels: N×D×H×W, times √C.

    The factor lets the softmax of a few similarities become sharp.
    """
    left, right = F.normalize(left, dim=1), F.normalize(right, dim=1)
    width = left.shape[-1]
    shifted = F.pad(right, (disparities - 1, 0))
    views = [shifted[..., disparities - 1 - d : disparities - 1 - d + width] for d in range(disparities)]
    return left.shape[1] ** 0.5 * torch.stack([(left * view).sum(1) for view in views], dim=1)
