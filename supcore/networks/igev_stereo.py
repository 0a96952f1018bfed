"""IGEV-Stereo (Xu et al., CVPR 2023): iterations that look up a regularized volume beside all-pairs correlations."""

from typing import Any

import torch
from torch import Tensor, nn

from supcore.networks.base import StereoOutput
from supcore.networks.convolution_3d import Convolution3d
from supcore.networks.cost_lookup import CostPyramid, all_pairs_correlation, convex_upsampling
from supcore.networks.cost_volume import group_correlation_volume
from supcore.networks.igev_layers import Attention, Conv2d, Conv3d, Features, GeometryEncoding, Merge
from supcore.networks.igev_stereo_options import IGEVStereoOptions
from supcore.networks.iterative import IterativeNetwork
from supcore.networks.losses import masked_smooth_l1, sequence_loss
from supcore.networks.raft_encoders import ContextEncoder
from supcore.networks.recurrent_update import ChangeHead, MotionEncoder, UpdateBlock
from supcore.networks.regression import expected_disparity

SCALES = ("04", "08", "16")
GROUPS = 8
MATCHED = 96  # channels of the features that are matched
STEMS = (32, 48)  # channels of the stems at 1/2 and 1/4


class IGEVUpdate(UpdateBlock):
    """The update operator with its two heads: the change of the disparity, and features for the up-sampling.

    Args:
        options: of the network.
    """

    def __init__(self, options: IGEVStereoOptions) -> None:
        base, hidden = options.base_channels, 2 * options.base_channels
        costs = (GROUPS + 1) * options.correlation_levels * (2 * options.correlation_radius + 1)
        super().__init__(MotionEncoder(costs, base, 1, "d"), hidden, 3, SCALES)
        self.disp_head = ChangeHead(hidden, 1)
        self.mask_feat_4 = nn.Sequential(nn.Conv2d(hidden, 32, 3, padding=1), nn.ReLU())


class IGEVStereo(IterativeNetwork):
    """A group-wise correlation volume, regularized, gives a first disparity and is looked up with the correlations."""

    year = 2023

    def __init__(self, options: IGEVStereoOptions = IGEVStereoOptions()) -> None:
        super().__init__()
        self.options = options
        base, hidden = options.base_channels, 2 * options.base_channels
        self.feature = Features()
        self.stem_2, self.stem_4 = _stem(3, STEMS[0]), _stem(*STEMS)
        self.conv, self.desc = Conv2d(MATCHED, MATCHED, "instance"), nn.Conv2d(MATCHED, MATCHED, 1)
        self.corr_stem, self.corr_feature_att = Conv3d(GROUPS, GROUPS), Attention(GROUPS, MATCHED)
        self.cost_agg = GeometryEncoding(GROUPS)
        self.classifier = Convolution3d(GROUPS, 1, 3, padding=1, bias=False)
        self.cnet = ContextEncoder(base, 2, "batch", SCALES)
        self.context_zqr_convs = nn.ModuleList(nn.Conv2d(hidden, 3 * hidden, 3, padding=1) for _ in SCALES)
        self.update_block = IGEVUpdate(options)
        self.spx_4 = _stem(MATCHED, 24, stride=1)
        self.spx_2, self.spx_2_gru = Merge(24, 32, STEMS[0], "instance"), Merge(32, 32, STEMS[0], "batch")
        self.spx, self.spx_gru = _nine_weights(32 + STEMS[0]), _nine_weights(32 + STEMS[0])

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """The last iteration's disparity map, the one before all of them, and those of the others, in their order."""
        half, features, matched = self._features(left, right)
        volume = self._geometry(*matched, features)
        first = expected_disparity(self.classifier(volume).squeeze(1))
        states, contexts = self.cnet.contexts(self.cnet.trunk(left), len(SCALES))
        gates = self.gates(contexts)
        levels, radius = self.options.correlation_levels, self.options.correlation_radius
        geometry = CostPyramid(volume.permute(0, 3, 4, 1, 2).to(first.dtype), levels, radius)
        correlation = CostPyramid(all_pairs_correlation(*matched), levels, radius)
        columns = torch.arange(first.shape[-1], device=first.device, dtype=first.dtype)

        def step(states: list[Tensor], disparity: Tensor) -> tuple[list[Tensor], Tensor]:
            windows = []
            for level in range(levels):
                windows += [geometry.window(disparity, level), correlation.window(columns - disparity, level)]
            motion = self.update_block.encoder(torch.cat(windows, dim=1), disparity)
            states = self.update_block(states, gates, motion)
            return states, self.update_block.disp_head(states[0])

        def upsample(disparity: Tensor, state: Tensor) -> Tensor:
            return _enlarge(disparity, self.spx_gru(self.spx_2_gru(self.update_block.mask_feat_4(state), half)))

        finest, *others = self.refine(first, states, step, upsample, finest_only=finest_only)
        if finest_only:
            return [finest]
        return [finest, _enlarge(first, self.spx(self.spx_2(self.spx_4(features[0]), half))), *others]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """Smooth-L1 of the first map and the sequence loss of the iterations on 0 < target < max_disparity."""
        mask = (target > 0) & (target < self.options.max_disparity)
        first, *others = output.auxiliary
        return masked_smooth_l1(first, target, mask) + sequence_loss((*others, output.disparity), target, mask)

    def _features(self, left: Tensor, right: Tensor) -> tuple[Tensor, list[Tensor], tuple[Tensor, Tensor]]:
        """Of the left view, the stem at 1/2 and features at 1/4 to 1/32; of both views, what is matched."""
        pair = torch.cat((left, right))
        half = self.stem_2(pair)
        quarter, *coarser = self.feature(pair)
        quarter = torch.cat((quarter, self.stem_4(half)), dim=1)
        left_matched, right_matched = self.desc(self.conv(quarter)).chunk(2)
        half, *features = (maps[: len(left)] for maps in (half, quarter, *coarser))
        return half, features, (left_matched, right_matched)

    def _geometry(self, left: Tensor, right: Tensor, features: list[Tensor]) -> Tensor:
        """The geometry encoding volume, N×groups×D/4×H/4×W/4."""
        quarter, *coarser = features
        volume = group_correlation_volume(left, right, self.options.max_disparity // 4, GROUPS)
        volume = self.corr_feature_att(self.corr_stem(volume), quarter)
        return self.cost_agg(volume, *coarser)


def _enlarge(disparity: Tensor, logits: Tensor) -> Tensor:
    """Full resolution from N×1×h×w in pixels of a quarter and N×9×4h×4w, whose softmax weighs the neighbors."""
    height, width = disparity.shape[-2:]
    return convex_upsampling(4 * disparity, logits.view(-1, 9, height, 4, width, 4))


def _stem(inputs: int, outputs: int, stride: int = 2) -> nn.Sequential:
    return nn.Sequential(
        Conv2d(inputs, outputs, "instance", stride=stride),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.InstanceNorm2d(outputs),
        nn.ReLU(),
    )


def _nine_weights(inputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, 9, 4, 2, padding=1))
