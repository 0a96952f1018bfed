"""Convolution blocks that several networks share."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.convolution_3d import Convolution3d
from supcore.ops import deform_conv2d


def conv_norm_2d(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """2-D convolution without bias, size-keeping padding, then batch norm."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False), nn.BatchNorm2d(outputs)
    )


def conv_norm_3d(inputs: int, outputs: int, stride: int | tuple[int, int, int] = 1) -> nn.Sequential:
    """3×3×3 convolution without bias, then batch norm."""
    return nn.Sequential(Convolution3d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm3d(outputs))


class FrozenBatchNorm2d(nn.Module):
    """Batch norm that keeps the statistics of a checkpoint in training, too; its weight and bias learn.

    Entries of a state dict are those of ``nn.BatchNorm2d``. Untrained, it changes nothing.
    """

    eps = 1e-5
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, features: Tensor) -> Tensor:
        """N×C×H×W to the same shape."""
        return F.batch_norm(features, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


class DeformableKernel(nn.Module):
    """The weight of a deformable convolution; as in the release no ``nn.Conv2d``, so that it keeps its uniform start.

    Attributes:
        weight: outputs×inputs×3×3.
        bias: of the outputs; None unless batch norm was folded into the kernel.
    """

    bias: nn.Parameter | None

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.register_parameter("bias", None)
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # uniform within ±1 / sqrt(9 inputs)


class DeformableConvolution(nn.Module):
    """3×3 modulated deformable convolution (DCNv2) whose offsets and masks come from a convolution of its input.

    The offset convolution has two groups and 54 outputs: 2×9 (dy, dx) pairs, then 2×9 mask logits; the mask is
    2 × sigmoid, so zero logits give an ordinary convolution.
    """

    groups = 2

    def __init__(self, inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.stride, self.dilation = stride, dilation
        self.deform_conv = DeformableKernel(inputs, outputs)
        self.offset_conv = nn.Conv2d(inputs, self.groups * 27, 3, stride, dilation, dilation, groups=self.groups)

    def forward(self, features: Tensor) -> Tensor:
        """N×C×H×W features to N×outputs×H/stride×W/stride."""
        first, second = self._of_each_group(features)
        rest, logits = second.split([9, 18], dim=1)
        return deform_conv2d(
            features,
            torch.cat((first, rest), dim=1),
            2 * self.deform_conv.weight,  # exact, and of less memory than doubled masks
            self.deform_conv.bias,
            stride=self.stride,
            padding=self.dilation,
            dilation=self.dilation,
            mask=torch.sigmoid(logits),
        )

    def _of_each_group(self, features: Tensor) -> list[Tensor]:
        """The offset convolution, N×27×H×W a group: both at once take a processor twice as long."""
        layer = self.offset_conv
        biases = [None] * self.groups if layer.bias is None else layer.bias.chunk(self.groups)
        parts = zip(features.chunk(self.groups, dim=1), layer.weight.chunk(self.groups), biases, strict=True)
        return [F.conv2d(part, weight, bias, self.stride, self.dilation, self.dilation) for part, weight, bias in parts]


def deform_norm_2d(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Deformable convolution, then batch norm."""
    return nn.Sequential(DeformableConvolution(inputs, outputs, stride, dilation), nn.BatchNorm2d(outputs))


def initialize_convolution(module: nn.Module) -> None:
    """PSMNet's and DeepPruner's initialization: normal with variance 2 / (kernel volume × outputs); for ``apply``.

    Biases and transposed convolutions keep PyTorch's start. It also reaches the offset convolutions, which the release
    initializes to zero first, weights then overwritten: training starts from random offsets.
    """
    if isinstance(module, nn.Conv2d | nn.Conv3d):
        nn.init.normal_(module.weight, std=math.sqrt(2 / (math.prod(module.kernel_size) * module.out_channels)))
    elif isinstance(module, DeformableConvolution):
        assert module.offset_conv.bias is not None
        nn.init.zeros_(module.offset_conv.bias)
