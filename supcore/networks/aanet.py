"""AANet (Xu and Zhang, CVPR 2020) and AANet+ as the SUP release runs them."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.aanet_aggregation import AdaptiveAggregation
from supcore.networks.aanet_features import BottleneckFeatures, StridedPyramid, TopDownPyramid
from supcore.networks.aanet_hourglass import HourglassFeatures, HourglassRefinement
from supcore.networks.aanet_options import AANetOptions, AANetPlusOptions, MatchingOptions
from supcore.networks.aanet_refinement import ResidualRefinement
from supcore.networks.base import StereoNetwork, StereoOutput
from supcore.networks.losses import masked_smooth_l1
from supcore.networks.regression import expected_disparity


class AdaptiveAggregationNetwork(StereoNetwork):
    """Correlate features at three scales, aggregate, refine twice: what AANet and AANet+ have in common.

    The finest disparity map has the input's resolution; the auxiliary ones have a third and half of it, rounded, and
    count pixels of their own resolution. The release cuts the padding of those two by the number of full-resolution
    pixels and thereby loses image rows and columns; here they cover the whole image.
    """

    family = "correlation"
    year = 2020
    # Heads for the coarser scales that AANet's authors supervise in training. Their files hold them, the network that
    # the SUP release wraps does not.
    optional_weights = (
        "aggregation.fusions.5.fuse_layers.1.",
        "aggregation.fusions.5.fuse_layers.2.",
        "aggregation.final_conv.1.",
        "aggregation.final_conv.2.",
    )

    feature_extractor: nn.Module
    fpn: nn.Module
    refinement: nn.ModuleList

    def __init__(self, options: MatchingOptions) -> None:
        super().__init__()
        self.max_disparity = options.max_disparity
        self.aggregation = AdaptiveAggregation(
            options.max_disparity // 3, options.aggregation_modules, options.deformable_modules
        )

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """Disparity maps at full resolution, a third and half of it; each in pixels of its own resolution."""
        pyramids = [self.fpn(self.feature_extractor(image)) for image in (left, right)]
        third = expected_disparity(self.aggregation(*pyramids))
        to_half, to_full = self.refinement
        half_images = [_halved(image) for image in (left, right)]
        half = to_half(third, *half_images)
        full = to_full(half, left, right)
        return [full] if finest_only else [full, third, half]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """Smooth-L1 of the finest map on 0 < target < max_disparity."""
        return masked_smooth_l1(output.disparity, target, (target > 0) & (target < self.max_disparity))


class AANet(AdaptiveAggregationNetwork):
    """AANet: bottleneck features with a top-down pyramid, refinement by dilated residual blocks."""

    padding_unit = 12

    def __init__(self, options: AANetOptions = AANetOptions()) -> None:
        super().__init__(options)
        self.options = options
        self.pads_full_block = options.extra_padding_block
        self.feature_extractor = BottleneckFeatures(
            options.base_channels, options.block_counts, options.deformable_features
        )
        self.fpn = TopDownPyramid(self.feature_extractor.outputs, options.pyramid_channels)
        self.refinement = nn.ModuleList(
            ResidualRefinement(options.refinement_channels, options.align_corners) for _ in range(2)
        )


class AANetPlus(AdaptiveAggregationNetwork):
    """AANet+: hourglass features (after GANet) with a pyramid derived from them, hourglass refinement.

    The release adds 1 to 32 px to reach a multiple of 32, but its hourglasses at a third of the resolution need a
    multiple of 96 and fail on anything else. The next multiple of 96 is the least that works, and wherever the
    release's padding works the two are the same.
    """

    padding_unit = 96

    def __init__(self, options: AANetPlusOptions = AANetPlusOptions()) -> None:
        super().__init__(options)
        self.options = options
        channels = options.hourglass_channels
        self.feature_extractor = HourglassFeatures(channels, options.deformable_features)
        self.fpn = StridedPyramid(channels[0])
        self.refinement = nn.ModuleList(HourglassRefinement(channels, options.align_corners) for _ in range(2))


def _halved(image: Tensor) -> Tensor:
    return F.interpolate(image, scale_factor=0.5, mode="bilinear", align_corners=False)
