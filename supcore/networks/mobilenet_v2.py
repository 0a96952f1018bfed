"""MobileNetV2 (Sandler et al., CVPR 2018), what of it gives features; layers have the names of PyTorch Image Models."""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.blocks import FrozenBatchNorm2d

# Output channels, blocks and stride of every stage, grouped by resolution: 1/2, 1/4, 1/8, 1/16, 1/32.
_STAGES = (((24, 2, 2),), ((32, 3, 2),), ((64, 4, 2), (96, 3, 1)), ((160, 3, 2),))
CHANNELS = (16, 24, 32, 96, 160)


class MobileNetV2(nn.Module):
    """Five maps of one image, up to 1/32 of its resolution; batch norm is frozen."""

    norms: ClassVar = {"conv_stem": "bn1"}

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = nn.Conv2d(3, 32, 3, 2, padding=1, bias=False)
        self.bn1 = FrozenBatchNorm2d(32)
        self.block0 = nn.Sequential(nn.Sequential(SeparableConvolution(32, CHANNELS[0])))
        inputs = CHANNELS[0]
        for number, stages in enumerate(_STAGES, start=1):
            block = nn.Sequential()
            for outputs, count, stride in stages:
                first = InvertedResidual(inputs, outputs, stride)
                block.append(nn.Sequential(first, *(InvertedResidual(outputs, outputs, 1) for _ in range(count - 1))))
                inputs = outputs
            self.add_module(f"block{number}", block)

    def stages(self, images: Tensor) -> list[Tensor]:
        """N×3×H×W to maps at 1/2, 1/4, 1/8, 1/16 and 1/32, with the channels of ``CHANNELS``."""
        features = F.relu6(self.bn1(self.conv_stem(images)))
        maps = []
        for number in range(5):
            features = self.get_submodule(f"block{number}")(features)
            maps.append(features)
        return maps


class SeparableConvolution(nn.Module):
    """3×3 convolution of every channel by itself, ReLU6, and a linear 1×1 convolution of all."""

    norms: ClassVar = {"conv_dw": "bn1", "conv_pw": "bn2"}

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.bn1 = FrozenBatchNorm2d(inputs)
        self.conv_pw = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn2 = FrozenBatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """N×inputs×H×W to N×outputs×H×W."""
        return self.bn2(self.conv_pw(F.relu6(self.bn1(self.conv_dw(features)))))


class InvertedResidual(nn.Module):
    """Widen sixfold, convolve every channel by itself, narrow without activation; a shortcut where shapes agree."""

    norms: ClassVar = {"conv_pw": "bn1", "conv_dw": "bn2", "conv_pwl": "bn3"}

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = 6 * inputs
        self.conv_pw = nn.Conv2d(inputs, wide, 1, bias=False)
        self.bn1 = FrozenBatchNorm2d(wide)
        self.conv_dw = nn.Conv2d(wide, wide, 3, stride, padding=1, groups=wide, bias=False)
        self.bn2 = FrozenBatchNorm2d(wide)
        self.conv_pwl = nn.Conv2d(wide, outputs, 1, bias=False)
        self.bn3 = FrozenBatchNorm2d(outputs)
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        """N×inputs×H×W to N×outputs×H/stride×W/stride."""
        wide = F.relu6(self.bn1(self.conv_pw(features)))
        narrow = self.bn3(self.conv_pwl(F.relu6(self.bn2(self.conv_dw(wide)))))
        return narrow + features if self.has_shortcut else narrow
