"""RAFT-Stereo (Lipson, Teed and Deng, 3DV 2021), its real-time version, and iRaftStereo_RVC (Jiang et al., 2022)."""

from typing import Any, cast

import torch
from torch import Tensor, nn

from supcore.errors import SupError
from supcore.networks.base import StereoOutput
from supcore.networks.cost_lookup import CostPyramid, all_pairs_correlation, convex_upsampling
from supcore.networks.iterative import IterativeNetwork
from supcore.networks.losses import sequence_loss
from supcore.networks.raft_encoders import ContextEncoder, EncoderBlock, FeatureEncoder, Norm
from supcore.networks.raft_stereo_options import RAFTStereoOptions
from supcore.networks.recurrent_update import ChangeHead, MotionEncoder, UpdateBlock

SCALES = ("08", "16", "32")
LARGEST_TARGET = 700  # px; beyond it, the loss takes ground truth for invalid


class RAFTUpdate(UpdateBlock):
    """The update operator with its two heads: the change of the flow, and the weights of the up-sampling.

    Args:
        options: of the network.
    """

    def __init__(self, options: RAFTStereoOptions) -> None:
        base, hidden = options.base_channels, 2 * options.base_channels
        costs = options.correlation_levels * (2 * options.correlation_radius + 1)
        super().__init__(MotionEncoder(costs, base, 2, "f"), hidden, options.gru_levels, SCALES)
        self.flow_head = ChangeHead(hidden, 2)
        weights = 9 * 4**options.halvings
        self.mask = nn.Sequential(
            nn.Conv2d(hidden, 2 * hidden, 3, padding=1), nn.ReLU(), nn.Conv2d(2 * hidden, weights, 1)
        )


class RAFTStereo(IterativeNetwork):
    """All-pairs correlation along rows, looked up around a disparity that starts at 0 and that GRUs keep correcting."""

    year = 2021

    def __init__(self, options: RAFTStereoOptions = RAFTStereoOptions()) -> None:
        super().__init__()
        self.options = options
        base, hidden = options.base_channels, 2 * options.base_channels
        self.cnet = ContextEncoder(base, options.halvings, cast(Norm, options.context_norm), SCALES)
        self.update_block = RAFTUpdate(options)
        self.context_zqr_convs = nn.ModuleList(
            nn.Conv2d(hidden, 3 * hidden, 3, padding=1) for _ in range(options.gru_levels)
        )
        if options.shared_backbone:
            block = EncoderBlock(hidden, hidden, "instance")
            self.conv2 = nn.Sequential(block, nn.Conv2d(hidden, 2 * hidden, 3, padding=1))
        else:
            self.fnet = FeatureEncoder(base, options.halvings)

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """The last iteration's disparity map, then those of the others, in their order."""
        self._check_size(left)
        (left_features, right_features), trunk = self._encode(left, right)
        states, contexts = self.cnet.contexts(trunk, self.options.gru_levels)
        gates = self.gates(contexts)
        correlation = all_pairs_correlation(left_features, right_features) / left_features.shape[1] ** 0.5
        costs = CostPyramid(correlation, self.options.correlation_levels, self.options.correlation_radius)
        zero = torch.zeros_like(correlation[:, None, :, :, 0, 0])
        columns = torch.arange(zero.shape[-1], device=zero.device, dtype=zero.dtype)

        def step(states: list[Tensor], disparity: Tensor) -> tuple[list[Tensor], Tensor]:
            windows = [costs.window(columns - disparity, level) for level in range(self.options.correlation_levels)]
            flow = torch.cat((-disparity, zero), dim=1)
            motion = self.update_block.encoder(torch.cat(windows, dim=1), flow)
            if self.options.slow_fast:
                for finest in range(len(states) - 1, 0, -1):
                    states = self.update_block(states, gates, motion, finest=finest)
            states = self.update_block(states, gates, motion)
            return states, -self.update_block.flow_head(states[0])[:, :1]

        return self.refine(zero, states, step, self._upsample, finest_only=finest_only)

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """The sequence loss of all iterations on 0 < target < 700."""
        maps = (*output.auxiliary, output.disparity)
        return sequence_loss(maps, target, (target > 0) & (target < LARGEST_TARGET))

    def _encode(self, left: Tensor, right: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Features of both views to be matched, and the left one's that the context is made from."""
        pair = torch.cat((left, right))
        if self.options.shared_backbone:
            trunk = self.cnet.trunk(pair)
            return self.conv2(trunk).chunk(2), trunk[: len(left)]
        return self.fnet(pair).chunk(2), self.cnet.trunk(left)

    def _upsample(self, disparity: Tensor, state: Tensor) -> Tensor:
        """N×1×h×w at the matching resolution to N×1×H×W."""
        factor = 2**self.options.halvings
        logits = 0.25 * self.update_block.mask(state)
        logits = logits.unflatten(1, (9, factor, factor)).permute(0, 1, 4, 2, 5, 3)
        return convex_upsampling(factor * disparity, logits)

    def _check_size(self, image: Tensor) -> None:
        smallest = 2 ** (self.options.halvings + self.options.correlation_levels - 1)
        if image.shape[-1] < smallest:
            raise SupError(
                f"correlation_levels {self.options.correlation_levels} need images of at least {smallest} px width, "
                f"got {image.shape[-1]} after padding"
            )
