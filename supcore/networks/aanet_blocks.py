"""Layers that the parts of AANet and AANet+ share."""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.blocks import DeformableConvolution, conv_norm_2d

LEAK = 0.2  # negative slope of every leaky ReLU in these networks


def deformable_3x3(inputs: int, outputs: int, stride: int = 1) -> DeformableConvolution:
    """Deformable convolution with dilation 2 that starts as an ordinary one: its offsets are initialized to zero."""
    layer = DeformableConvolution(inputs, outputs, stride, dilation=2)
    nn.init.zeros_(layer.offset_conv.weight)
    if layer.offset_conv.bias is not None:
        nn.init.zeros_(layer.offset_conv.bias)
    return layer


def conv_norm_leaky(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution without bias, batch norm, leaky ReLU: entries 0, 1 and 2."""
    return nn.Sequential(*conv_norm_2d(inputs, outputs, kernel, stride), nn.LeakyReLU(LEAK, inplace=True))


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions and a shortcut, ReLU after each and after the sum.

    Args:
        inputs: channels of the input.
        width: channels between the convolutions.
        outputs: channels of the result; the shortcut is a convolution where they or the stride change the shape.
        stride: of the 3×3 convolution.
        deformable: make the 3×3 convolution deformable.
    """

    norms: ClassVar = {"conv1": "bn1", "conv2": "bn2", "conv3": "bn3"}

    def __init__(self, inputs: int, width: int, outputs: int, stride: int = 1, *, deformable: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2: nn.Module = (
            deformable_3x3(width, width, stride)
            if deformable
            else nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        )
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        changes_shape = stride != 1 or inputs != outputs
        self.downsample = conv_norm_2d(inputs, outputs, kernel=1, stride=stride) if changes_shape else None

    def forward(self, features: Tensor) -> Tensor:
        """N×inputs×H×W to N×outputs×H/stride×W/stride."""
        shortcut = features if self.downsample is None else self.downsample(features)
        features = F.relu(self.bn1(self.conv1(features)), inplace=True)
        features = F.relu(self.bn2(self.conv2(features)), inplace=True)
        return F.relu(self.bn3(self.conv3(features)) + shortcut, inplace=True)


class ConvNormReLU(nn.Module):
    """Convolution (or transposed convolution) without bias, batch norm, ReLU."""

    norms: ClassVar = {"conv": "bn"}

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, padding: int = 1, *, transposed: bool = False
    ) -> None:
        super().__init__()
        layer = nn.ConvTranspose2d if transposed else nn.Conv2d
        self.conv = layer(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """N×inputs×H×W to N×outputs at the layer's resolution."""
        return F.relu(self.bn(self.conv(features)), inplace=True)
