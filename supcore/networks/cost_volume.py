"""Cost volumes, and the 3-D layers around the hourglasses of the networks that regularize one."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.blocks import conv_norm_3d
from supcore.networks.convolution_3d import Convolution3d, TransposedConvolution3d


def concatenation_volume(left: Tensor, right: Tensor, disparities: int) -> Tensor:
    """Left features beside right features shifted by each disparity: N×2C×D×H×W, zero where undefined."""
    width = left.shape[-1]
    rights = torch.stack(shifted(right, disparities), dim=2)
    column = torch.arange(width, device=left.device)
    defined = column >= torch.arange(disparities, device=left.device).view(-1, 1, 1)
    lefts = left.unsqueeze(2) * defined.to(left.dtype)
    return torch.cat((lefts, rights), dim=1)


def group_correlation_volume(left: Tensor, right: Tensor, disparities: int, groups: int) -> Tensor:
    """Correlation of groups of successive channels (Guo et al., CVPR 2019, eq. 2): N×G×D×H×W, zero where undefined.

    Args:
        left: N×C×H×W features.
        right: the same shape.
        disparities: D, the shifts 0 … D - 1 of the right features.
        groups: G, a divisor of C; each gives the mean of its products.
    """
    products = [(left * view).unflatten(1, (groups, -1)).mean(dim=2) for view in shifted(right, disparities)]
    return torch.stack(products, dim=2)


def shifted(right: Tensor, disparities: int) -> list[Tensor]:
    """Views of N×C×H×W right features at column x - d for the disparities 0 … D - 1, zero where that is outside."""
    width = right.shape[-1]
    padded = F.pad(right, (disparities - 1, 0))
    return [padded[..., disparities - 1 - d : disparities - 1 - d + width] for d in range(disparities)]


def first_convolutions(inputs: int, channels: int) -> tuple[nn.Sequential, nn.Sequential]:
    """The two pairs of convolutions on a volume; the second pair's output is added to the first's."""
    return (
        nn.Sequential(
            conv_norm_3d(inputs, channels),
            nn.ReLU(inplace=True),
            conv_norm_3d(channels, channels),
            nn.ReLU(inplace=True),
        ),
        nn.Sequential(conv_norm_3d(channels, channels), nn.ReLU(inplace=True), conv_norm_3d(channels, channels)),
    )


def transposed_norm_3d(inputs: int, outputs: int) -> nn.Sequential:
    """Transposed 3×3×3 convolution that doubles every side, then batch norm."""
    layer = TransposedConvolution3d(inputs, outputs, 3, stride=2, padding=1, output_padding=1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm3d(outputs))


def classifier_3d(channels: int) -> nn.Sequential:
    """From a regularized volume to one logit for each of its cells."""
    return nn.Sequential(
        conv_norm_3d(channels, channels), nn.ReLU(inplace=True), Convolution3d(channels, 1, 3, 1, 1, bias=False)
    )
