"""DeepPruner (Duggal et al., ICCV 2019), its fast version and the one with deformable convolutions."""

import zlib
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from supcore.networks.base import StereoNetwork, StereoOutput
from supcore.networks.blocks import initialize_convolution
from supcore.networks.deeppruner_layers import (
    CostAggregator,
    DisparitySmoothing,
    RangePredictor,
    Refinement,
    leaky_smoothing,
    reduction,
)
from supcore.networks.deeppruner_options import DeepPrunerOptions
from supcore.networks.disparity_samples import matching_volume, search_range, uniform_samples, whole_samples
from supcore.networks.losses import masked_quantile, masked_smooth_l1
from supcore.networks.patch_match import patch_match, shift_similarity
from supcore.networks.pyramid_features import PyramidFeatures
from supcore.networks.regression import at_least_float32


class DeepPruner(StereoNetwork):
    """PatchMatch, a predicted disparity range per pixel, a narrow search inside it, refinement."""

    family = "PatchMatch"
    year = 2019
    takes_generator = True

    def __init__(self, options: DeepPrunerOptions = DeepPrunerOptions()) -> None:
        super().__init__()
        self.options = options
        # Three more halvings follow at the matching resolution.
        self.padding_unit = 8 * options.matching_scale
        self.pads_full_block = options.extra_padding_block
        self.limit = options.max_disparity // options.matching_scale
        base, wide, narrow = options.base_channels, options.intervals + 2, options.range_samples + 2
        fast = options.matching_scale == 8
        self.feature_extraction = PyramidFeatures(
            base,
            options.block_counts,
            options.pooling_sizes,
            options.deformable_layers,
            options.align_corners,
            strides=(1, 2, 2, 1) if fast else (1, 2, 1, 1),
            flat=True,
        )
        volume, channels = 2 * base + 1, base // 2
        self.min_disparity_predictor = RangePredictor(channels)
        self.max_disparity_predictor = RangePredictor(channels)
        self.cost_aggregator = CostAggregator(volume + 2 * wide, channels)
        self.refinement_net = Refinement((2 * base if fast else base) + narrow + 1, channels)
        self.refinement_net1 = Refinement(base + 1, channels) if fast else None
        self.dres0, self.dres1 = reduction(volume, channels)
        self.min_disparity_conv, self.max_disparity_conv, self.ca_disparity_conv = (
            DisparitySmoothing() for _ in range(3)
        )
        self.min_disparity_features_conv, self.max_disparity_features_conv = (leaky_smoothing(wide) for _ in range(2))
        self.ca_features_conv = leaky_smoothing(narrow)
        self.apply(initialize_convolution)
        if options.identity_smoothing:
            for smoothing in (self.min_disparity_conv, self.max_disparity_conv, self.ca_disparity_conv):
                smoothing.start_as_identity()

    def estimate(
        self,
        left: Tensor,
        right: Tensor,
        *,
        finest_only: bool,
        noise: Sequence[Tensor] | None = None,
        generator: torch.Generator | None = None,
        **options: Any,
    ) -> list[Tensor]:
        """Disparity maps of normalized, padded images.

        PatchMatch starts from random positions. They are ``noise``, or drawn from ``generator`` for every image of
        the batch, or else drawn afresh from the option ``noise_seed`` (and with ``redraw`` the left image): then a
        prediction depends on nothing but the pair.

        Args:
            left: N×3×H×W.
            right: the same shape.
            finest_only: leave out all maps but the last refinement's.
            noise: the positions of both searches, in [0, 1]: N×intervals×h×w and N×range_samples×h×w, where h×w is
                the padded size divided by ``matching_scale``.
            generator: source of the positions; moves on by one forward pass.
            **options: none.

        Returns:
            The refinements, last first (two if the option ``matching_scale`` is 8, else one), the narrow search's
            map, the upper bound and the lower bound.
        """
        if options:
            raise TypeError(f"DeepPruner has no option {', '.join(options)}; it has noise and generator")
        self._check_size(left)
        first, second = self._positions(left, noise, generator)
        half, quarter, features = self.feature_extraction.stages(left)
        pair = (features, self.feature_extraction(right))
        # Samples are whole columns: nothing is learnt through them.
        with torch.no_grad():
            similarity = shift_similarity(at_least_float32(pair[0]), at_least_float32(pair[1]), self.limit)
            lowest = torch.zeros_like(similarity[:, :1])
            samples = self._search(similarity, lowest, lowest + self.limit, first, "patch_match")
        lower, upper, context = self._predict_range(pair, samples)
        with torch.no_grad():
            bounds = search_range(lower, upper, self.options.range_samples, self.limit)
            samples = self._search(similarity, *bounds, second, self.options.post_crp_sampler)
        disparity, logits = self.cost_aggregator(matching_volume(*pair, samples, *context), samples)
        refined = self._refine(disparity, logits, half, quarter)
        if finest_only:
            return refined[:1]
        scale = self.options.matching_scale
        return [*refined, self._enlarge(upper, scale), self._enlarge(lower, scale)]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """Smooth-L1 of every map and quantile losses of the bounds on target > 0.

        Weights: 1.6 (second refinement, if any), 1.3 (first), 1.0 (narrow search), 0.7 (bounds), 1.0 (quantiles 0.95
        of the upper and 0.05 of the lower bound).
        """
        mask = target > 0
        *maps, upper, lower = output.disparity, *output.auxiliary
        weights = (1.6, 1.3, 1.0)[-len(maps) :]
        terms = [w * masked_smooth_l1(d, target, mask) for w, d in zip(weights, maps, strict=True)]
        for bound, quantile in ((upper, 0.95), (lower, 0.05)):
            terms.append(0.7 * masked_smooth_l1(bound, target, mask))
            terms.append(masked_quantile(bound, target, mask, quantile))
        return torch.stack(terms).sum()

    def _search(self, similarity: Tensor, lower: Tensor, upper: Tensor, positions: Tensor, sampler: str) -> Tensor:
        """Whole samples of each pixel's range, its ends included."""
        if sampler == "uniform":
            samples = uniform_samples(lower, upper, positions.shape[1])
        else:
            samples = patch_match(similarity, lower, upper, positions, self.options.patch_match_iterations)
        return whole_samples(lower, samples, upper)

    def _predict_range(
        self, pair: tuple[Tensor, Tensor], samples: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """Lower and upper bound N×1×h×w, and the evidence for each as context of the narrow search."""
        volume = self.dres1(self.dres0(matching_volume(*pair, samples)))
        lower, lower_logits = self.min_disparity_predictor(volume, samples)
        upper, upper_logits = self.max_disparity_predictor(volume, samples)
        context = self.min_disparity_features_conv(lower_logits), self.max_disparity_features_conv(upper_logits)
        return self.min_disparity_conv(lower), self.max_disparity_conv(upper), context

    def _refine(self, disparity: Tensor, logits: Tensor, half: Tensor, quarter: Tensor) -> list[Tensor]:
        """Refinements, last first, and the narrow search's map, all at full resolution."""
        disparity = self.ca_disparity_conv(self._enlarge(disparity, 2))
        evidence = self.ca_features_conv(self._resize(logits, 2))
        coarse = self._enlarge(disparity, self.options.matching_scale // 2)
        if self.refinement_net1 is None:
            refined = self._enlarge(self.refinement_net(disparity, half, evidence), 2)
            return [refined, coarse]
        refined = self._enlarge(self.refinement_net(disparity, quarter, evidence), 2)
        finest = self.refinement_net1(refined, half)
        return [self._enlarge(finest, 2), self._enlarge(refined, 2), coarse]

    def _enlarge(self, disparity: Tensor, factor: int) -> Tensor:
        """A disparity map at ``factor`` times its resolution, in pixels of that resolution."""
        return self._resize(disparity * factor, factor)

    def _resize(self, maps: Tensor, factor: int) -> Tensor:
        size = [factor * side for side in maps.shape[-2:]]
        return F.interpolate(maps, size, mode="bilinear", align_corners=self.options.align_corners)

    def _positions(
        self, image: Tensor, noise: Sequence[Tensor] | None, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """PatchMatch's initial positions of both searches; see :meth:`estimate`."""
        size = [side // self.options.matching_scale for side in image.shape[-2:]]
        shapes = [(image.shape[0], count, *size) for count in (self.options.intervals, self.options.range_samples)]
        if noise is not None:
            if generator is not None:
                raise ValueError("noise and generator exclude each other")
            if [tuple(n.shape) for n in noise] != shapes:
                raise ValueError(f"noise must have the shapes {shapes}, got {[tuple(n.shape) for n in noise]}")
        elif generator is not None:
            noise = [torch.rand(shape, generator=generator, device=generator.device) for shape in shapes]
        else:
            contents = [_content(single) for single in image] if self.options.redraw else [0] * len(image)
            drawn = [self._own_positions(content, shapes) for content in contents]
            noise = [torch.cat(positions) for positions in zip(*drawn, strict=True)]
        first, second = (positions.to(image) for positions in noise)
        return first, second

    def _own_positions(self, content: int, shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
        """Positions for one pair, drawn from the option ``noise_seed`` and a number; alike on every device."""
        generator = torch.Generator().manual_seed(self.options.noise_seed + content)
        return [torch.rand((1, *shape[1:]), generator=generator) for shape in shapes]

    def _check_size(self, image: Tensor) -> None:
        smallest = self.options.matching_scale * max(self.options.pooling_sizes)
        if min(image.shape[-2:]) < smallest:
            raise ValueError(
                f"pooling_sizes {self.options.pooling_sizes} need images of at least {smallest} px a side, "
                f"got {tuple(image.shape[-2:])} after padding"
            )


def _content(image: Tensor) -> int:
    """A number that another image hardly has."""
    return zlib.crc32(image.detach().float().cpu().numpy().tobytes())
