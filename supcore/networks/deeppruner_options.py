"""Architecture of a DeepPruner; without PyTorch, so that a configuration is checked in no time."""

from dataclasses import dataclass

SAMPLERS = ("patch_match", "uniform")


@dataclass(frozen=True)
class DeepPrunerOptions:
    """Architecture of a DeepPruner; the defaults are the published network ("best").

    Attributes:
        base_channels: width of the first layers and of the features; an even number.
        block_counts: residual blocks of the four layers of the feature extractor.
        pooling_sizes: of the one to four pyramid branches, at the matching resolution; the padded input must be at
            least ``matching_scale`` times the largest on each side.
        max_disparity: in pixels; a multiple of ``matching_scale``.
        matching_scale: matching happens at this fraction of the resolution: 4, or 8 for the fast version, which adds
            a second refinement.
        deformable_layers: layers of the feature extractor with deformable blocks; (1, 2, 3, 4) for the variant with
            25 deformable convolutions.
        intervals: samples of the first search, by PatchMatch.
        range_samples: samples of the second search, within the predicted range.
        patch_match_iterations: each of one propagation along rows and one along columns.
        post_crp_sampler: "patch_match" as published for all weights, or "uniform", with which DeepPruner's authors
            ran their KITTI weights.
        align_corners: of all up-sampling.
        extra_padding_block: pad a side that already divides by a whole further block, as published; not in training.
        identity_smoothing: start a training with disparity-smoothing convolutions that change nothing. Drawn at random,
            as published, about half of these single-channel filters have a negative sum: the ReLU behind them never
            fires, and the branch cannot learn.
        noise_seed: of PatchMatch's initial positions when a call names neither ``noise`` nor ``generator``.
        redraw: draw these positions for every pair by its content, so that perturbed images start from others than
            the clean ones, as in the release, which never seeds; else all pairs start from the same.
    """

    base_channels: int = 32
    block_counts: tuple[int, int, int, int] = (3, 16, 3, 3)
    pooling_sizes: tuple[int, ...] = (64, 32, 16, 8)
    max_disparity: int = 192
    matching_scale: int = 4
    deformable_layers: tuple[int, ...] = ()
    intervals: int = 12
    range_samples: int = 7
    patch_match_iterations: int = 2
    post_crp_sampler: str = "patch_match"
    align_corners: bool = False
    extra_padding_block: bool = True
    identity_smoothing: bool = False
    noise_seed: int = 0
    redraw: bool = False

    def __post_init__(self) -> None:
        if self.base_channels < 2 or self.base_channels % 2:
            raise ValueError(f"base_channels must be even and positive, got {self.base_channels}")
        if len(self.block_counts) != 4 or min(self.block_counts) < 1:
            raise ValueError(f"block_counts must be four positive numbers, got {self.block_counts}")
        if not 1 <= len(self.pooling_sizes) <= 4 or min(self.pooling_sizes) < 1:
            raise ValueError(f"pooling_sizes must be one to four positive numbers, got {self.pooling_sizes}")
        if self.matching_scale not in (4, 8):
            raise ValueError(f"matching_scale must be 4 or 8, got {self.matching_scale}")
        if self.max_disparity < 1 or self.max_disparity % self.matching_scale:
            raise ValueError(f"max_disparity must be a multiple of {self.matching_scale}, got {self.max_disparity}")
        if not set(self.deformable_layers) <= {1, 2, 3, 4}:
            raise ValueError(f"deformable_layers must be among 1-4, got {self.deformable_layers}")
        for name in ("intervals", "range_samples", "patch_match_iterations"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.post_crp_sampler not in SAMPLERS:
            raise ValueError(f"post_crp_sampler must be one of {', '.join(SAMPLERS)}, got {self.post_crp_sampler!r}")
