"""Layers, features and the geometry encoding volume of IGEV-Stereo (Xu et al., CVPR 2023, sections 3.1 and 3.2)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.blocks import FrozenBatchNorm2d
from supcore.networks.convolution_3d import Convolution3d, TransposedConvolution3d
from supcore.networks.mobilenet_v2 import CHANNELS, MobileNetV2

Kind = Literal["instance", "batch"]


class Conv2d(nn.Module):
    """Convolution without bias, instance norm or frozen batch norm, leaky ReLU.

    Args:
        inputs: channels.
        outputs: channels.
        norm: which one.
        kernel: 3, or 1.
        stride: of the convolution.
        doubles: make it a transposed convolution, kernel 4 and stride 2, that doubles the resolution.
    """

    norms: ClassVar = {"conv": "bn"}

    def __init__(
        self, inputs: int, outputs: int, norm: Kind, kernel: int = 3, stride: int = 1, *, doubles: bool = False
    ) -> None:
        super().__init__()
        self.conv: nn.Module = (
            nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1, bias=False)
            if doubles
            else nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        )
        self.bn = FrozenBatchNorm2d(outputs) if norm == "batch" else nn.InstanceNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """N×inputs×H×W to N×outputs×H/stride×W/stride."""
        return F.leaky_relu(self.bn(self.conv(features)))


class Conv3d(nn.Module):
    """Convolution without bias, batch norm, leaky ReLU; the arguments are those of :class:`Conv2d`."""

    norms: Mapping[str, str] = {"conv": "bn"}

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, doubles: bool = False) -> None:
        super().__init__()
        self.conv: nn.Module = (
            TransposedConvolution3d(inputs, outputs, 4, 2, padding=1, bias=False)
            if doubles
            else Convolution3d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        )
        self.bn = nn.BatchNorm3d(outputs)

    def forward(self, volume: Tensor) -> Tensor:
        """N×inputs×D×H×W to N×outputs×D/stride×H/stride×W/stride."""
        return F.leaky_relu(self.bn(self.conv(volume)))


class Merge(nn.Module):
    """Double the resolution, then convolve together with a skip of the new one.

    Args:
        inputs: channels of the coarse map.
        outputs: channels that it has when doubled.
        skip: channels of the skip; the result has those of both.
        norm: of both layers.
    """

    def __init__(self, inputs: int, outputs: int, skip: int, norm: Kind) -> None:
        super().__init__()
        self.conv1 = Conv2d(inputs, outputs, norm, doubles=True)
        self.conv2 = Conv2d(outputs + skip, outputs + skip, norm)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """N×inputs×h×w and N×skip×2h×2w to N×(outputs + skip)×2h×2w."""
        return self.conv2(torch.cat((self.conv1(coarse), skip), dim=1))


class Features(MobileNetV2):
    """MobileNetV2 and a decoder on top of it."""

    def __init__(self) -> None:
        super().__init__()
        _, quarter, eighth, sixteenth, coarsest = CHANNELS
        self.deconv32_16 = Merge(coarsest, sixteenth, sixteenth, "instance")
        self.deconv16_8 = Merge(2 * sixteenth, eighth, eighth, "instance")
        self.deconv8_4 = Merge(2 * eighth, quarter, quarter, "instance")
        self.conv4 = Conv2d(2 * quarter, 2 * quarter, "instance")

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps at 1/4 (48 channels), 1/8 (64), 1/16 (192) and 1/32 (160)."""
        _, quarter, eighth, sixteenth, coarsest = self.stages(images)
        sixteenth = self.deconv32_16(coarsest, sixteenth)
        eighth = self.deconv16_8(sixteenth, eighth)
        return [self.conv4(self.deconv8_4(eighth, quarter)), eighth, sixteenth, coarsest]


class Attention(nn.Module):
    """Weigh the channels of a volume by features of the left image, for all disparities alike (equation 4)."""

    def __init__(self, volume: int, features: int) -> None:
        super().__init__()
        half = features // 2
        self.feat_att = nn.Sequential(Conv2d(features, half, "batch", kernel=1), nn.Conv2d(half, volume, 1))

    def forward(self, volume: Tensor, features: Tensor) -> Tensor:
        """N×C×D×H×W to the same shape, by N×features×H×W."""
        return volume * torch.sigmoid(self.feat_att(features)).unsqueeze(2)


class GeometryEncoding(nn.Module):
    """A light 3-D network that regularizes the correlation volume, guided by features: down to 1/32 and up again.

    Args:
        groups: channels of the volume.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        first, second, third = 2 * groups, 4 * groups, 6 * groups
        self.conv1, self.conv2, self.conv3 = _down(groups, first), _down(first, second), _down(second, third)
        self.conv3_up = Conv3d(third, second, doubles=True)
        self.conv2_up = Conv3d(second, first, doubles=True)
        self.conv1_up = Conv3d(first, groups, doubles=True)
        self.conv1_up.norms = {}  # the convolution alone is used
        self.agg_0, self.agg_1 = _aggregation(second), _aggregation(first)
        self.feature_att_8, self.feature_att_up_8 = (Attention(first, 64) for _ in range(2))
        self.feature_att_16, self.feature_att_up_16 = (Attention(second, 192) for _ in range(2))
        self.feature_att_32 = Attention(third, 160)

    def forward(self, volume: Tensor, eighth: Tensor, sixteenth: Tensor, coarsest: Tensor) -> Tensor:
        """N×groups×D×H/4×W/4, and features at 1/8, 1/16 and 1/32, to the shape of the volume."""
        down1 = self.feature_att_8(self.conv1(volume), eighth)
        down2 = self.feature_att_16(self.conv2(down1), sixteenth)
        down3 = self.feature_att_32(self.conv3(down2), coarsest)
        up2 = self.agg_0(torch.cat((self.conv3_up(down3), down2), dim=1))
        up2 = self.feature_att_up_16(up2, sixteenth)
        up1 = self.agg_1(torch.cat((self.conv2_up(up2), down1), dim=1))
        return self.conv1_up.conv(self.feature_att_up_8(up1, eighth))


def _down(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(Conv3d(inputs, outputs, stride=2), Conv3d(outputs, outputs))


def _aggregation(channels: int) -> nn.Sequential:
    return nn.Sequential(
        Conv3d(2 * channels, channels, kernel=1), Conv3d(channels, channels), Conv3d(channels, channels)
    )
