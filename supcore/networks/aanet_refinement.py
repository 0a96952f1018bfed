"""Refinement of a coarse disparity map with the images at a higher resolution."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.aanet_blocks import LEAK, conv_norm_leaky
from supcore.networks.blocks import conv_norm_2d

_DILATIONS = (1, 2, 4, 8, 1, 1)


def warp_right(image: Tensor, disparity: Tensor, *, align_corners: bool) -> Tensor:
    """Sample the right image where the left image's pixels lie according to their disparity.

    Args:
        image: N×C×H×W.
        disparity: N×1×H×W, pixels.
        align_corners: of the sampling. The coordinates are scaled to the pixel centers of the image's edges, so only
            True is exact; False, which PyTorch has used by default since 1.3, shifts the samples by up to half a
            pixel.

    Returns:
        N×C×H×W; beyond the image its border is repeated.
    """
    height, width = image.shape[-2:]
    x = torch.arange(width, device=image.device, dtype=image.dtype) - disparity.squeeze(1)
    y = torch.arange(height, device=image.device, dtype=image.dtype).view(-1, 1).expand_as(x)
    grid = torch.stack((2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1), dim=-1)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=align_corners)


class Refinement(nn.Module, ABC):
    """Up-sample a disparity map and correct it by what the warped right image still differs from the left one.

    Args:
        channels: of the features that the correction is computed from; an even number.
        align_corners: see :func:`warp_right`.
    """

    def __init__(self, channels: int, align_corners: bool) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.conv1 = conv_norm_leaky(6, channels // 2)
        self.conv2 = conv_norm_leaky(1, channels // 2)
        self.final_conv = nn.Conv2d(channels, 1, 3, padding=1)

    @abstractmethod
    def decode(self, features: Tensor) -> Tensor:
        """N×channels×H×W to the same shape."""

    def forward(self, disparity: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """Refine to the images' resolution.

        Args:
            disparity: N×1×h×w, in its own pixels.
            left: normalized left image, N×3×H×W.
            right: the same shape.

        Returns:
            N×1×H×W, in pixels of that resolution, not negative.
        """
        factor = left.shape[-1] / disparity.shape[-1]
        disparity = factor * F.interpolate(disparity, left.shape[-2:], mode="bilinear", align_corners=False)
        error = warp_right(right, disparity, align_corners=self.align_corners) - left
        features = torch.cat((self.conv1(torch.cat((error, left), dim=1)), self.conv2(disparity)), dim=1)
        return F.relu(disparity + self.final_conv(self.decode(features)))


class ResidualRefinement(Refinement):
    """Refinement by six dilated residual blocks, as in StereoDRNet."""

    def __init__(self, channels: int, align_corners: bool) -> None:
        super().__init__(channels, align_corners)
        self.dilated_blocks = nn.Sequential(*(_ResidualBlock(channels, dilation) for dilation in _DILATIONS))

    def decode(self, features: Tensor) -> Tensor:
        """N×channels×H×W to the same shape."""
        return self.dilated_blocks(features)


class _ResidualBlock(nn.Module):
    """Two dilated 3×3 convolutions and a shortcut, leaky ReLU after the first and after the sum."""

    norms: ClassVar = {"conv1": "bn1", "conv2": "bn2"}

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_norm_2d(channels, channels, dilation=dilation)
        self.conv2, self.bn2 = conv_norm_2d(channels, channels, dilation=dilation)

    def forward(self, features: Tensor) -> Tensor:
        inner = F.leaky_relu(self.bn1(self.conv1(features)), LEAK, inplace=True)
        return F.leaky_relu(self.bn2(self.conv2(inner)) + features, LEAK, inplace=True)
