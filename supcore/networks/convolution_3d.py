"""3-D convolutions that PyTorch would compute slowly on a processor are turned on their side, or doubled.

For one float32 volume C×D×H×W with C·D·H <= 20480, PyTorch 2 leaves oneDNN out, which makes a convolution and its
gradient four to ten times slower. The rule does not look at W: with D and W exchanged, in the kernel as well, the same
convolution may be beyond that limit. It does not hold for two volumes either: two of the same take half of the time.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.memory_format import memory_format

_LIMIT = 20480


class Convolution3d(nn.Conv3d):
    """``nn.Conv3d`` at its best speed."""

    def forward(self, volume: Tensor) -> Tensor:
        """N×C×D×H×W to what ``nn.Conv3d`` gives, up to rounding."""
        if not is_slow(volume):
            return super().forward(volume)
        if not worth_turning(volume):
            return super().forward(_doubled(volume))[:1]
        stride, padding, dilation = _turned_steps(self.stride, self.padding, self.dilation)
        steps = (stride, padding, dilation, self.groups)
        return _turned_with(F.conv3d, volume, self, steps)


class TransposedConvolution3d(nn.ConvTranspose3d):
    """``nn.ConvTranspose3d`` at its best speed; it takes no ``output_size``."""

    def forward(self, volume: Tensor) -> Tensor:  # type: ignore[override]
        """N×C×D×H×W to what ``nn.ConvTranspose3d`` gives, up to rounding."""
        if not is_slow(volume):
            return super().forward(volume)
        if not worth_turning(volume):
            return super().forward(_doubled(volume))[:1]
        stride, padding, output_padding, dilation = _turned_steps(
            self.stride, self.padding, self.output_padding, self.dilation
        )
        steps = (stride, padding, output_padding, self.groups, dilation)
        return _turned_with(F.conv_transpose3d, volume, self, steps)


def is_slow(volume: Tensor) -> bool:
    """Whether PyTorch would not ask oneDNN to convolve this N×C×D×H×W volume."""
    batch, channels, depth, height, _ = volume.shape
    plain = volume.device.type == "cpu" and volume.dtype == torch.float32 and batch == 1
    return plain and channels * depth * height <= _LIMIT


def worth_turning(volume: Tensor) -> bool:
    """Whether it would with D and W exchanged."""
    _, channels, _, height, width = volume.shape
    return channels * width * height > _LIMIT


def _turned_with(convolve: Callable[..., Tensor], volume: Tensor, layer: nn.Module, steps: tuple[Any, ...]) -> Tensor:
    """Result of a convolution of the turned volume, turned back, all in the memory format of the layer's weight."""
    weight: Any = layer.weight
    order = memory_format(weight)
    volume, weight = (turned(tensor).contiguous(memory_format=order) for tensor in (volume, weight))
    return turned(convolve(volume, weight, layer.bias, *steps)).contiguous(memory_format=order)


def _doubled(volume: Tensor) -> Tensor:
    return volume.expand(2, -1, -1, -1, -1)


def _turned_steps(*axes: Any) -> list[Any]:
    return [numbers[::-1] for numbers in axes]


def turned(volume: Tensor) -> Tensor:
    """With the third and the fifth axis exchanged."""
    return volume.transpose(2, 4)
