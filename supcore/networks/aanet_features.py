"""Feature extractor and feature pyramids of AANet."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.aanet_blocks import Bottleneck, conv_norm_leaky

_EXPANSION = 4


class BottleneckFeatures(nn.Module):
    """Features of one image at 1/3, 1/6 and 1/12 of its resolution.

    Args:
        base: width of the first stage; the next ones are twice and four times as wide.
        block_counts: bottleneck blocks of the three stages.
        deformable: use deformable 3×3 convolutions in the last stage.
    """

    def __init__(self, base: int, block_counts: Sequence[int], deformable: bool) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(
            nn.Conv2d(3, base, 7, stride=3, padding=3, bias=False), nn.BatchNorm2d(base), nn.ReLU(inplace=True)
        )
        widths = (base, 2 * base, 4 * base)
        first, second, third = block_counts
        self.layer1 = _stage(base, widths[0], first, stride=1, deformable=False)
        self.layer2 = _stage(_EXPANSION * widths[0], widths[1], second, stride=2, deformable=False)
        self.layer3 = _stage(_EXPANSION * widths[1], widths[2], third, stride=2, deformable=deformable)
        self.outputs = tuple(_EXPANSION * width for width in widths)
        self._initialize()

    def forward(self, image: Tensor) -> list[Tensor]:
        """N×3×H×W to N×4·base×H/3×W/3, N×8·base×H/6×W/6 and N×16·base×H/12×W/12."""
        fine = self.layer1(self.conv1(image))
        middle = self.layer2(fine)
        return [fine, middle, self.layer3(middle)]

    def _initialize(self) -> None:
        """The published initialization.

        It reaches the offset convolutions too, which therefore start random here though zero elsewhere in the
        network, and spares the deformable kernels.
        """
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            # Plain residual branches start silent.
            if isinstance(module, Bottleneck) and isinstance(module.conv2, nn.Conv2d):
                nn.init.zeros_(module.bn3.weight)


class TopDownPyramid(nn.Module):
    """Feature pyramid: coarse levels are up-sampled and added to the finer ones.

    Args:
        inputs: channels of the levels, finest first.
        channels: of every level of the result.
    """

    def __init__(self, inputs: Sequence[int], channels: int) -> None:
        super().__init__()
        self.lateral_convs = nn.ModuleList(nn.Conv2d(count, channels, 1) for count in inputs)
        self.fpn_convs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
            for _ in inputs
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        """Levels finest first, each half the size of the one before, to as many levels of equal width."""
        merged = [lateral(level) for lateral, level in zip(self.lateral_convs, levels, strict=True)]
        for index in range(len(merged) - 2, -1, -1):
            merged[index] = merged[index] + F.interpolate(merged[index + 1], scale_factor=2, mode="nearest")
        return [smooth(level) for smooth, level in zip(self.fpn_convs, merged, strict=True)]


class StridedPyramid(nn.Module):
    """Two coarser levels derived from one feature map, each half the size and twice as wide as the one before."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out1 = _halving(channels)
        self.out2 = _halving(2 * channels)

    def forward(self, features: Tensor) -> list[Tensor]:
        """N×channels×H×W to itself and two coarser levels."""
        middle = self.out1(features)
        return [features, middle, self.out2(middle)]


def _stage(inputs: int, width: int, blocks: int, stride: int, *, deformable: bool) -> nn.Sequential:
    outputs = _EXPANSION * width
    return nn.Sequential(
        Bottleneck(inputs, width, outputs, stride, deformable=deformable),
        *(Bottleneck(outputs, width, outputs, deformable=deformable) for _ in range(blocks - 1)),
    )


def _halving(channels: int) -> nn.Sequential:
    doubled = 2 * channels
    return nn.Sequential(*conv_norm_leaky(channels, doubled, stride=2), *conv_norm_leaky(doubled, doubled, kernel=1))
