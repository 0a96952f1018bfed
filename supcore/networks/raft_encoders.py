"""The encoders of RAFT-Stereo (Lipson et al., 3DV 2021), which IGEV-Stereo has, too."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.blocks import FrozenBatchNorm2d

Norm = Literal["batch", "instance"]


def make_norm(kind: Norm, channels: int) -> nn.Module:
    """Batch norm with the statistics of a checkpoint; or instance norm, which has neither weights nor statistics."""
    return FrozenBatchNorm2d(channels) if kind == "batch" else nn.InstanceNorm2d(channels)


class EncoderBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut, ReLU after both convolutions and after the sum.

    The norm of a shortcut that changes the shape has two names in the released files, ``norm3`` and ``downsample.1``.
    """

    norms: ClassVar = {"conv1": "norm1", "conv2": "norm2"}

    def __init__(self, inputs: int, outputs: int, norm: Norm, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm1, self.norm2 = make_norm(norm, outputs), make_norm(norm, outputs)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.norm3 = make_norm(norm, outputs)
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), self.norm3)

    def forward(self, features: Tensor) -> Tensor:
        """N×inputs×H×W to N×outputs×H/stride×W/stride."""
        shortcut = features if self.downsample is None else self.downsample(features)
        features = F.relu(self.norm1(self.conv1(features)), inplace=True)
        features = F.relu(self.norm2(self.conv2(features)), inplace=True)
        return F.relu(shortcut + features, inplace=True)


class Encoder(nn.Module):
    """A strided convolution and three layers of two blocks each, down to 1/4 or 1/8 of the resolution.

    Args:
        base: channels of the first layers; the last one has twice as many.
        halvings: 2 or 3, of the resolution.
        norm: of all layers.
    """

    norms: ClassVar = {"conv1": "norm1"}

    def __init__(self, base: int, halvings: int, norm: Norm) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, base, 7, 1 + (halvings > 2), padding=3)
        self.norm1 = make_norm(norm, base)
        self.layer1 = encoder_layer(base, base, norm, 1)
        self.layer2 = encoder_layer(base, 3 * base // 2, norm, 2)
        self.layer3 = encoder_layer(3 * base // 2, 2 * base, norm, 2)

    def trunk(self, images: Tensor) -> Tensor:
        """N×3×H×W to N×2·base×H/2^halvings×W/2^halvings."""
        features = F.relu(self.norm1(self.conv1(images)), inplace=True)
        return self.layer3(self.layer2(self.layer1(features)))


class FeatureEncoder(Encoder):
    """Features to be matched, N×3×H×W to N×4·base×h×w, with instance norm."""

    def __init__(self, base: int, halvings: int) -> None:
        super().__init__(base, halvings, "instance")
        self.conv2 = nn.Conv2d(2 * base, 4 * base, 1)
        initialize_encoder(self)

    def forward(self, images: Tensor) -> Tensor:
        """N×3×H×W to N×4·base×h×w."""
        return self.conv2(self.trunk(images))


class ContextEncoder(Encoder):
    """First hidden states and context of three resolutions, each half of the one before, from the left image.

    Args:
        base: channels of the first layers; states and contexts have twice as many.
        halvings: of the finest resolution.
        norm: of all layers.
        scales: what the released files call the three resolutions.
    """

    def __init__(self, base: int, halvings: int, norm: Norm, scales: Sequence[str]) -> None:
        super().__init__(base, halvings, norm)
        wide = 2 * base
        self.layer4, self.layer5 = (encoder_layer(wide, wide, norm, 2) for _ in range(2))
        self.heads = [f"outputs{scale}" for scale in scales]
        for name in self.heads[:2]:
            heads = [nn.Sequential(EncoderBlock(wide, wide, norm), nn.Conv2d(wide, wide, 3, padding=1)) for _ in "hc"]
            self.add_module(name, nn.ModuleList(heads))
        coarsest = [nn.Conv2d(wide, wide, 3, padding=1) for _ in "hc"]
        self.add_module(self.heads[2], nn.ModuleList(coarsest))
        initialize_encoder(self)

    def contexts(self, features: Tensor, count: int) -> tuple[list[Tensor], list[Tensor]]:
        """States and contexts of the ``count`` finest resolutions, finest first, from the output of the trunk."""
        states, contexts = [], []
        for name, layer in zip(self.heads[:count], (None, self.layer4, self.layer5), strict=False):
            features = features if layer is None else layer(features)
            heads = self.get_submodule(name)
            states.append(torch.tanh(heads.get_submodule("0")(features)))
            contexts.append(F.relu(heads.get_submodule("1")(features)))
        return states, contexts


def encoder_layer(inputs: int, outputs: int, norm: Norm, stride: int) -> nn.Sequential:
    """Two blocks, the first of which changes width and resolution."""
    return nn.Sequential(EncoderBlock(inputs, outputs, norm, stride), EncoderBlock(outputs, outputs, norm))


def initialize_encoder(encoder: nn.Module) -> None:
    """Normal weights whose variance is 2 / (kernel area × outputs), as RAFT's encoders start; biases stay PyTorch's."""
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
