"""GwcNet (Guo et al., CVPR 2019): group-wise correlation in PSMNet's frame."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.base import StereoNetwork, StereoOutput
from supcore.networks.blocks import conv_norm_2d, conv_norm_3d, initialize_convolution
from supcore.networks.convolution_3d import Convolution3d
from supcore.networks.cost_volume import (
    classifier_3d,
    concatenation_volume,
    first_convolutions,
    group_correlation_volume,
    transposed_norm_3d,
)
from supcore.networks.gwcnet_options import GwcNetOptions
from supcore.networks.losses import masked_smooth_l1
from supcore.networks.pyramid_features import ResidualFeatures
from supcore.networks.soft_argmin import soft_argmin


class GroupwiseFeatures(ResidualFeatures):
    """What is matched: the last three layers beside each other, and few channels of them to be concatenated.

    Args:
        options: of the network.
    """

    def __init__(self, options: GwcNetOptions) -> None:
        super().__init__(options.base_channels, options.block_counts)
        deep, concatenated = 4 * options.base_channels, options.concatenated_channels
        self.lastconv: nn.Module | None = None
        if concatenated:
            self.lastconv = nn.Sequential(
                conv_norm_2d(10 * options.base_channels, deep),
                nn.ReLU(inplace=True),
                nn.Conv2d(deep, concatenated, 1, bias=False),
            )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor | None]:
        """N×3×H×W to N×10·base×H/4×W/4, and N×concatenated×H/4×W/4 if there are such channels."""
        features = torch.cat(self.layers(image)[2:], dim=1)
        return features, None if self.lastconv is None else self.lastconv(features)


class GwcHourglass(nn.Module):
    """Encoder-decoder on the cost volume with 1×1×1 convolutions in its skips; nothing passes from one to the next."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide, widest = 2 * channels, 4 * channels
        self.conv1 = nn.Sequential(conv_norm_3d(channels, wide, stride=2), nn.ReLU(inplace=True))
        self.conv2 = nn.Sequential(conv_norm_3d(wide, wide), nn.ReLU(inplace=True))
        self.conv3 = nn.Sequential(conv_norm_3d(wide, widest, stride=2), nn.ReLU(inplace=True))
        self.conv4 = nn.Sequential(conv_norm_3d(widest, widest), nn.ReLU(inplace=True))
        self.conv5 = transposed_norm_3d(widest, wide)
        self.conv6 = transposed_norm_3d(wide, channels)
        self.redir1, self.redir2 = _pointwise(channels), _pointwise(wide)

    def forward(self, volume: Tensor) -> Tensor:
        """N×C×D×H×W to the same shape; D, H and W must be multiples of 4."""
        half = self.conv2(self.conv1(volume))
        quarter = self.conv4(self.conv3(half))
        up = F.relu(self.conv5(quarter) + self.redir2(half), inplace=True)
        return F.relu(self.conv6(up) + self.redir1(volume), inplace=True)


class GwcNet(StereoNetwork):
    """Residual features, a volume of group-wise correlations, three stacked hourglasses, soft-argmin."""

    family = "volume"
    year = 2019
    padding_unit = 16

    def __init__(self, options: GwcNetOptions = GwcNetOptions()) -> None:
        super().__init__()
        self.options = options
        channels = options.base_channels
        self.feature_extraction = GroupwiseFeatures(options)
        inputs = options.groups + 2 * options.concatenated_channels
        self.dres0, self.dres1 = first_convolutions(inputs, channels)
        self.dres2, self.dres3, self.dres4 = (GwcHourglass(channels) for _ in range(3))
        self.classif0, self.classif1, self.classif2, self.classif3 = (classifier_3d(channels) for _ in range(4))
        self.apply(initialize_convolution)

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """Four disparity maps: of the last hourglass, then of none, the first and the second."""
        volume = self._volume(left, right)
        cost = self.dres0(volume)
        costs = [self.dres1(cost) + cost]
        for hourglass in (self.dres2, self.dres3, self.dres4):
            costs.append(hourglass(costs[-1]))
        heads = zip((self.classif3, self.classif0, self.classif1, self.classif2), (costs.pop(), *costs), strict=True)
        size = (self.options.max_disparity, *left.shape[-2:])
        wanted = list(heads)[: 1 if finest_only else None]
        return [soft_argmin(head(cost), size, align_corners=False) for head, cost in wanted]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """0.5 S(none) + 0.5 S(first) + 0.7 S(second) + S(third) on 0 < target < max_disparity, S = smooth-L1."""
        mask = (target > 0) & (target < self.options.max_disparity)
        maps = (*output.auxiliary, output.disparity)
        terms = [w * masked_smooth_l1(d, target, mask) for w, d in zip((0.5, 0.5, 0.7, 1.0), maps, strict=True)]
        return torch.stack(terms).sum()

    def _volume(self, left: Tensor, right: Tensor) -> Tensor:
        """N×(groups + 2·concatenated)×D/4×H/4×W/4."""
        disparities = self.options.max_disparity // 4
        (left, left_few), (right, right_few) = self.feature_extraction(left), self.feature_extraction(right)
        correlations = group_correlation_volume(left, right, disparities, self.options.groups)
        if left_few is None:
            return correlations
        return torch.cat((correlations, concatenation_volume(left_few, right_few, disparities)), dim=1)


def _pointwise(channels: int) -> nn.Sequential:
    return nn.Sequential(Convolution3d(channels, channels, 1, bias=False), nn.BatchNorm3d(channels))
