"""The feature extractor with spatial pyramid pooling of PSMNet (spec A.1)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.blocks import conv_norm_2d, deform_norm_2d


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut, no activation after the sum; the second one may be deformable."""

    def __init__(self, inputs: int, outputs: int, stride: int, dilation: int, *, deformable: bool) -> None:
        super().__init__()
        second = deform_norm_2d if deformable else conv_norm_2d
        self.conv1 = nn.Sequential(conv_norm_2d(inputs, outputs, stride=stride, dilation=dilation), nn.ReLU())
        self.conv2 = second(outputs, outputs, dilation=dilation)
        changes_shape = stride != 1 or inputs != outputs
        self.downsample = conv_norm_2d(inputs, outputs, kernel=1, stride=stride) if changes_shape else None

    def forward(self, features: Tensor) -> Tensor:
        """N×inputs×H×W to N×outputs×H/stride×W/stride."""
        shortcut = features if self.downsample is None else self.downsample(features)
        return self.conv2(self.conv1(features)) + shortcut


class PyramidFeatures(nn.Module):
    """Features of one image at a quarter of its resolution.

    Args:
        base: channels of the first layers, and of the result.
        block_counts: residual blocks of ``layer1`` … ``layer4``.
        pooling_sizes: kernel and stride of the four pooling branches, at quarter resolution.
        deformable_layers: which of the layers 1-4 use deformable blocks.
        align_corners: of the branches' bilinear up-sampling.
    """

    layer1: nn.Sequential
    layer2: nn.Sequential
    layer3: nn.Sequential
    layer4: nn.Sequential
    branch1: nn.Sequential
    branch2: nn.Sequential
    branch3: nn.Sequential
    branch4: nn.Sequential

    def __init__(
        self,
        base: int,
        block_counts: Sequence[int],
        pooling_sizes: Sequence[int],
        deformable_layers: Sequence[int],
        align_corners: bool,
    ) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.firstconv = nn.Sequential(
            conv_norm_2d(3, base, stride=2), nn.ReLU(),
            conv_norm_2d(base, base), nn.ReLU(),
            conv_norm_2d(base, base), nn.ReLU(),
        )  # fmt: skip
        widths, strides, dilations = (base, base, 2 * base, 4 * base, 4 * base), (1, 2, 1, 1), (1, 1, 1, 2)
        for number, count in enumerate(block_counts, start=1):
            blocks = [
                ResidualBlock(
                    widths[number - 1] if first else widths[number],
                    widths[number],
                    strides[number - 1] if first else 1,
                    dilations[number - 1],
                    deformable=number in deformable_layers,
                )
                for first in (True, *[False] * (count - 1))
            ]
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
        for number, size in enumerate(pooling_sizes, start=1):
            branch = nn.Sequential(nn.AvgPool2d(size, size), conv_norm_2d(4 * base, base, kernel=1), nn.ReLU())
            self.add_module(f"branch{number}", branch)
        self.lastconv = nn.Sequential(
            conv_norm_2d(10 * base, 4 * base), nn.ReLU(), nn.Conv2d(4 * base, base, 1, bias=False)
        )

    def forward(self, image: Tensor) -> Tensor:
        """N×3×H×W to N×base×H/4×W/4."""
        quarter = self.layer2(self.layer1(self.firstconv(image)))
        deep = self.layer4(self.layer3(quarter))
        size = deep.shape[-2:]
        branches = [
            F.interpolate(branch(deep), size, mode="bilinear", align_corners=self.align_corners)
            for branch in (self.branch4, self.branch3, self.branch2, self.branch1)
        ]
        return self.lastconv(torch.cat((quarter, deep, *branches), dim=1))
