"""MC-CNN, the fast architecture (Zbontar and LeCun, JMLR 2016): learned descriptors, compared by their cosine.

Nothing is learned after the comparison, so the network has no prior of scenes: it matches explicitly. The weights that
a package index serves (CNES) are of the same layers; they leave out the border that unpadded convolutions lose, five
pixels wide, which is computed from a repeated border here.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.base import StereoNetwork, StereoOutput
from supcore.networks.losses import masked_smooth_l1
from supcore.networks.mccnn_options import MCCNNOptions
from supcore.networks.regression import at_least_float32, expected_disparity
from supcore.networks.semi_global import semi_global_disparity
from supcore.ops.precision import full_precision

LAYERS = 5
_GRAY = (0.299, 0.587, 0.114)
_SMALLEST_VARIANCE = 1e-10  # of an image without any contrast, which becomes all zeros


class MCCNN(StereoNetwork):
    """Five convolutions on gray images, cosines along the rows, then soft-argmin or semi-global matching."""

    family = "matching"
    year = 2016
    image_mean = (0.0, 0.0, 0.0)  # every image is normalized by its own statistics
    image_std = (1.0, 1.0, 1.0)

    def __init__(self, options: MCCNNOptions = MCCNNOptions()) -> None:
        super().__init__()
        self.options = options
        channels = options.base_channels
        layers: list[nn.Module] = [nn.Conv2d(1, channels, 3)]
        for _ in range(LAYERS - 1):
            layers += [nn.ReLU(inplace=True), nn.Conv2d(channels, channels, 3)]
        self.conv_blocks = nn.Sequential(*layers)

    def describe(self, image: Tensor) -> Tensor:
        """Descriptors of length 1 of N×3×H×W images: N×C×H×W."""
        gray = F.pad(standardized(image), (LAYERS,) * 4, "replicate")
        return F.normalize(at_least_float32(self.conv_blocks(gray)), dim=1)

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """One disparity map."""
        cosines = cosine_volume(self.describe(left), self.describe(right), self.options.max_disparity)
        if not self.options.semi_global:
            return [self._soft_argmin(cosines)]
        penalties = self.options.small_penalty, self.options.large_penalty
        matched = semi_global_disparity(1 - cosines.detach(), *penalties)
        if not torch.is_grad_enabled():
            return [matched]
        # Values of the one, gradients of the other: a step without gradients must not pass for robustness.
        soft = self._soft_argmin(cosines)
        return [matched + (soft - soft.detach())]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """Smooth-L1 on 0 < target < max_disparity; the published training compares patches instead."""
        mask = (target > 0) & (target < self.options.max_disparity)
        return masked_smooth_l1(output.disparity, target, mask)

    def _soft_argmin(self, cosines: Tensor) -> Tensor:
        window, (width, disparities) = self.options.window, cosines.shape[2:]
        volume = cosines.movedim(3, 1)
        if window > 1:
            volume = F.avg_pool2d(volume, window, 1, window // 2, count_include_pad=False)
        outside = ~torch.ones(width, disparities, dtype=torch.bool, device=volume.device).tril().t().unsqueeze(1)
        return expected_disparity((volume / self.options.temperature).masked_fill(outside, -torch.inf))


def standardized(image: Tensor) -> Tensor:
    """Gray values of N×3×H×W images with mean 0 and deviation 1 in every image: N×1×H×W."""
    weights = image.new_tensor(_GRAY).view(1, 3, 1, 1)
    gray = (weights * image).sum(dim=1, keepdim=True)
    centered = gray - gray.mean(dim=(2, 3), keepdim=True)
    return centered * (centered.square().mean(dim=(2, 3), keepdim=True) + _SMALLEST_VARIANCE).rsqrt()


def cosine_volume(left: Tensor, right: Tensor, disparities: int) -> Tensor:
    """Products of left descriptors at x with right ones at x - d, for the disparities 0 … D - 1.

    Args:
        left: N×C×H×W descriptors.
        right: the same shape.
        disparities: D.

    Returns:
        N×H×W×D, zero where x - d is outside.
    """
    with full_precision(left):
        left, right = (at_least_float32(view).permute(0, 2, 3, 1) for view in (left, right))
        right = F.pad(right, (0, 0, disparities - 1, 0))
        # Matrix products of whole rows, in blocks of columns that waste no more than they use.
        starts = range(0, left.shape[2], disparities)
        blocks = [(left[:, :, s : s + disparities], right[:, :, s : s + 2 * disparities - 1]) for s in starts]
        return torch.cat([_band(*block) for block in blocks], dim=2)


def _band(left: Tensor, right: Tensor) -> Tensor:
    """Of N×H×B×C and N×H×(B+D-1)×C, the product of column x with each of the D from column x on, last first."""
    products = left @ right.mT
    columns, disparities = left.shape[2], right.shape[2] - left.shape[2] + 1
    # Column x's products begin x places behind the start of its row; if rows were longer by one, at their start.
    upright = F.pad(products.flatten(2), (0, columns)).unflatten(2, (columns, columns + disparities))
    return upright[..., :disparities].flip(-1)
