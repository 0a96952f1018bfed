"""The residual feature extractor of PSMNet, DeepPruner and GwcNet, and the pooling of the first two."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.blocks import conv_norm_2d, deform_norm_2d


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut, no activation after the sum; the second one may be deformable."""

    def __init__(
        self, inputs: int, outputs: int, stride: int, dilation: int, *, deformable: bool, flat: bool = False
    ) -> None:
        super().__init__()
        second = deform_norm_2d if deformable else conv_norm_2d
        first = conv_norm_2d(inputs, outputs, stride=stride, dilation=dilation)
        # DeepPruner's deformable blocks are PSMNet's, names included.
        self.conv1 = (
            first.append(nn.ReLU(inplace=True))
            if flat and not deformable
            else nn.Sequential(first, nn.ReLU(inplace=True))
        )
        self.conv2 = second(outputs, outputs, dilation=dilation)
        changes_shape = stride != 1 or inputs != outputs
        self.downsample = conv_norm_2d(inputs, outputs, kernel=1, stride=stride) if changes_shape else None

    def forward(self, features: Tensor) -> Tensor:
        """N×inputs×H×W to N×outputs×H/stride×W/stride."""
        shortcut = features if self.downsample is None else self.downsample(features)
        return self.conv2(self.conv1(features)) + shortcut


class ResidualFeatures(nn.Module):
    """Three convolutions and four layers of residual blocks.

    Args:
        base: channels of the first layers.
        block_counts: residual blocks of ``layer1`` … ``layer4``.
        deformable_layers: which of them use deformable blocks.
        strides: of the four layers, after the stride 2 of the first convolution.
        flat: parameter names of DeepPruner, whose ReLU stands inside the Sequential of its convolution, not beside it.
    """

    layer1: nn.Sequential
    layer2: nn.Sequential
    layer3: nn.Sequential
    layer4: nn.Sequential

    def __init__(
        self,
        base: int,
        block_counts: Sequence[int],
        deformable_layers: Sequence[int] = (),
        strides: Sequence[int] = (1, 2, 1, 1),
        *,
        flat: bool = False,
    ) -> None:
        super().__init__()
        self.firstconv = nn.Sequential(
            *_activated(conv_norm_2d(3, base, stride=2), flat),
            *_activated(conv_norm_2d(base, base), flat),
            *_activated(conv_norm_2d(base, base), flat),
        )
        self.widths = (base, base, 2 * base, 4 * base, 4 * base)
        # layer4 widens its view by dilation where layer3 does not already by its stride.
        dilations = (1, 1, 1, 2 if strides[2] == 1 else 1)
        for number, count in enumerate(block_counts, start=1):
            blocks = [
                ResidualBlock(
                    self.widths[number - 1] if first else self.widths[number],
                    self.widths[number],
                    strides[number - 1] if first else 1,
                    dilations[number - 1],
                    deformable=number in deformable_layers,
                    flat=flat,
                )
                for first in (True, *[False] * (count - 1))
            ]
            self.add_module(f"layer{number}", nn.Sequential(*blocks))

    def layers(self, image: Tensor) -> list[Tensor]:
        """The outputs of the first convolutions, N×base×H/2×W/2, and of the four layers."""
        outputs = [self.firstconv(image)]
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            outputs.append(layer(outputs[-1]))
        return outputs


class PyramidFeatures(ResidualFeatures):
    """Features of one image at a fraction of its resolution, a quarter with the default strides.

    Args:
        base: channels of the first layers, and of the result.
        block_counts: residual blocks of ``layer1`` … ``layer4``.
        pooling_sizes: kernel and stride of the pooling branches, at the resolution of the result. The last one is
            ``branch4``; with fewer than four, the first branches are missing.
        deformable_layers: which of the layers 1-4 use deformable blocks.
        align_corners: of the branches' bilinear up-sampling.
        strides: of the four layers, after the stride 2 of the first convolution.
        flat: parameter names of DeepPruner, see :class:`ResidualFeatures`.
    """

    def __init__(
        self,
        base: int,
        block_counts: Sequence[int],
        pooling_sizes: Sequence[int],
        deformable_layers: Sequence[int],
        align_corners: bool,
        *,
        strides: Sequence[int] = (1, 2, 1, 1),
        flat: bool = False,
    ) -> None:
        super().__init__(base, block_counts, deformable_layers, strides, flat=flat)
        self.align_corners = align_corners
        self.branches = [f"branch{number}" for number in range(5 - len(pooling_sizes), 5)]
        for name, size in zip(self.branches, pooling_sizes, strict=True):
            pooled = _activated(conv_norm_2d(4 * base, base, kernel=1), flat)
            self.add_module(name, nn.Sequential(nn.AvgPool2d(size, size), *pooled))
        # Beside layer4, the result sees the first layer of its resolution.
        self.skip = max(number for number, stride in enumerate(strides, start=1) if stride > 1)
        inputs = self.widths[self.skip] + 4 * base + len(pooling_sizes) * base
        self.lastconv = nn.Sequential(
            *_activated(conv_norm_2d(inputs, 4 * base), flat), nn.Conv2d(4 * base, base, 1, bias=False)
        )

    def forward(self, image: Tensor) -> Tensor:
        """N×3×H×W to N×base×H/4×W/4."""
        return self.stages(image)[-1]

    def stages(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The outputs of ``layer1`` (N×base×H/2×W/2) and ``layer2`` (N×2·base×H/4×W/4), and the features."""
        outputs = self.layers(image)
        deep = outputs[-1]
        size = deep.shape[-2:]
        branches = [
            F.interpolate(self.get_submodule(name)(deep), size, mode="bilinear", align_corners=self.align_corners)
            for name in reversed(self.branches)
        ]
        features = self.lastconv(torch.cat((outputs[self.skip], deep, *branches), dim=1))
        return outputs[1], outputs[2], features


def _activated(layer: nn.Sequential, flat: bool) -> list[nn.Module]:
    """``layer`` and a ReLU, joined in one module if ``flat``."""
    return [layer.append(nn.ReLU(inplace=True))] if flat else [layer, nn.ReLU(inplace=True)]
