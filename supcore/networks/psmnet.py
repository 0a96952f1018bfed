"""PSMNet (Chang and Chen, CVPR 2018) and its variants with deformable convolutions."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from supcore.errors import SupError
from supcore.networks.base import StereoNetwork, StereoOutput
from supcore.networks.blocks import conv_norm_3d, initialize_convolution
from supcore.networks.concatenation_convolution import concatenation_convolution
from supcore.networks.cost_volume import classifier_3d, first_convolutions, transposed_norm_3d
from supcore.networks.losses import masked_smooth_l1
from supcore.networks.psmnet_options import PSMNetOptions
from supcore.networks.pyramid_features import PyramidFeatures
from supcore.networks.soft_argmin import soft_argmin


class Hourglass(nn.Module):
    """Encoder-decoder on the cost volume, with the skips of PSMNet's stacked hourglass."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = 2 * channels
        self.conv1 = nn.Sequential(conv_norm_3d(channels, wide, stride=2), nn.ReLU(inplace=True))
        self.conv2 = conv_norm_3d(wide, wide)
        self.conv3 = nn.Sequential(conv_norm_3d(wide, wide, stride=2), nn.ReLU(inplace=True))
        self.conv4 = nn.Sequential(conv_norm_3d(wide, wide), nn.ReLU(inplace=True))
        self.conv5 = transposed_norm_3d(wide, wide)
        self.conv6 = transposed_norm_3d(wide, channels)

    def forward(
        self, volume: Tensor, skip_pre: Tensor | None = None, skip_post: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the refined volume and this hourglass's own ``pre`` and ``post`` skips."""
        half = self.conv2(self.conv1(volume))
        pre = F.relu(half if skip_post is None else half.add_(skip_post), inplace=True)
        up = self.conv5(self.conv4(self.conv3(pre)))
        post = F.relu(up.add_(pre if skip_pre is None else skip_pre), inplace=True)
        return self.conv6(post), pre, post


class PSMNet(StereoNetwork):
    """Pyramid features, a concatenation cost volume, three stacked hourglasses, soft-argmin."""

    family = "volume"
    year = 2018
    padding_unit = 16

    def __init__(self, options: PSMNetOptions = PSMNetOptions()) -> None:
        super().__init__()
        self.options = options
        channels = options.base_channels
        self.feature_extraction = PyramidFeatures(
            channels,
            options.block_counts,
            options.pooling_sizes,
            options.deformable_layers,
            options.align_corners,
        )
        self.dres0, self.dres1 = first_convolutions(2 * channels, channels)
        self.dres2, self.dres3, self.dres4 = (Hourglass(channels) for _ in range(3))
        self.classif1, self.classif2, self.classif3 = (classifier_3d(channels) for _ in range(3))
        self.apply(initialize_convolution)

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """Three disparity maps, finest (last hourglass) first, then the first and the second."""
        self._check_size(left)
        features = self.feature_extraction(left), self.feature_extraction(right)
        first: Any = self.dres0[0]
        convolution, norm = first
        cost0 = norm(concatenation_convolution(*features, self.options.max_disparity // 4, convolution))
        cost0 = self.dres0[1:](cost0)
        cost0 = self.dres1(cost0).add_(cost0)
        out1, pre1, post1 = self.dres2(cost0)
        out1.add_(cost0)
        out2, _, post2 = self.dres3(out1, pre1, post1)
        out2.add_(cost0)
        out3, _, _ = self.dres4(out2, pre1, post2)
        out3.add_(cost0)
        logits1 = self.classif1(out1)
        logits2 = self.classif2(out2) + logits1
        logits3 = self.classif3(out3) + logits2
        wanted = [logits3] if finest_only else [logits3, logits1, logits2]
        size = (self.options.max_disparity, *left.shape[-2:])
        return [soft_argmin(logits, size, align_corners=self.options.align_corners) for logits in wanted]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """0.5 S(first) + 0.7 S(second) + S(third) on target > 0, S = smooth-L1."""
        mask = target > 0
        maps = (*output.auxiliary, output.disparity)
        terms = [w * masked_smooth_l1(d, target, mask) for w, d in zip((0.5, 0.7, 1.0), maps, strict=True)]
        return terms[0] + terms[1] + terms[2]

    def _check_size(self, image: Tensor) -> None:
        smallest = 4 * max(self.options.pooling_sizes)
        if min(image.shape[-2:]) < smallest:
            raise SupError(
                f"pooling_sizes {self.options.pooling_sizes} need images of at least {smallest} px a side, "
                f"got {tuple(image.shape[-2:])} after padding"
            )
