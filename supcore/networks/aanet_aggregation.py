"""From features to similarities: correlation volumes and their adaptive aggregation."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.aanet_blocks import LEAK, Bottleneck, conv_norm_leaky
from supcore.networks.blocks import conv_norm_2d

SCALES = 3


def correlation_volume(left: Tensor, right: Tensor, disparities: int) -> Tensor:
    """Channel mean of left features times right features shifted by each disparity.

    Every pair of positions in a row is correlated by one matrix product, of which the band that lies within the
    disparity range is kept: many times faster than one product per disparity.

    Args:
        left: N×C×H×W.
        right: the same shape.
        disparities: number of candidates D, from 0 up, in pixels of the feature map.

    Returns:
        N×D×H×W, zero where the shifted feature lies outside the image.
    """
    n, channels, height, width = left.shape
    padded = F.pad(right, (disparities - 1, 0))
    rows = left.permute(0, 2, 3, 1) @ padded.permute(0, 2, 1, 3)
    # Row x of the product holds disparity d at column x + D - 1 - d. Written out again with lines one longer, each
    # line starts one column further left than the line above, and the band stands upright in the first D columns.
    upright = F.pad(rows.flatten(2), (0, width)).view(n, height, width, width + disparities)[..., :disparities]
    return upright.flip(-1).permute(0, 3, 1, 2).contiguous() / channels


class AggregationModule(nn.Module):
    """Aggregation within each scale, then exchange between the scales.

    Args:
        candidates: disparities of each scale, finest first; each half of the one before.
        outputs: how many scales to compute, counted from the finest.
        deformable: sample the neighborhood within a scale adaptively.
    """

    def __init__(self, candidates: tuple[int, ...], outputs: int, *, deformable: bool) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(Bottleneck(count, count, count, deformable=deformable)) for count in candidates
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_exchange(candidates, source, target) for source in range(len(candidates)))
            for target in range(outputs)
        )

    def forward(self, volumes: list[Tensor]) -> list[Tensor]:
        """Volumes N×D×H×W of every scale to those of the computed scales."""
        volumes = [branch(volume) for branch, volume in zip(self.branches, volumes, strict=True)]
        fused = []
        for target, layers in enumerate(self.fuse_layers):
            size = volumes[target].shape[-2:]
            total = volumes[target]
            for source, layer in enumerate(layers.children()):
                if source != target:
                    total = total + _resized(layer(volumes[source]), size)
            fused.append(F.leaky_relu(total, LEAK, inplace=True))
        return fused


class AdaptiveAggregation(nn.Module):
    """A stack of aggregation modules on correlation volumes at three scales, and the finest scale's similarities.

    Args:
        candidates: disparities of the finest scale; each further scale has half as many.
        modules: length of the stack.
        deformable_modules: how many of them, counted from the end, use deformable convolutions.
    """

    def __init__(self, candidates: int, modules: int, deformable_modules: int) -> None:
        super().__init__()
        self.candidates = tuple(candidates // 2**scale for scale in range(SCALES))
        self.fusions = nn.Sequential(
            *(
                AggregationModule(
                    self.candidates,
                    outputs=1 if number == modules else SCALES,
                    deformable=number > modules - deformable_modules,
                )
                for number in range(1, modules + 1)
            )
        )
        # A list of one: released files hold a convolution for each of the scales supervised in training.
        self.final_conv = nn.ModuleList([nn.Conv2d(candidates, candidates, 1)])

    def forward(self, left: list[Tensor], right: list[Tensor]) -> Tensor:
        """Feature pyramids, finest level first, to N×D×H×W similarities at the finest level."""
        volumes = [correlation_volume(*level) for level in zip(left, right, self.candidates, strict=True)]
        return self.final_conv[0](self.fusions(volumes)[0])


def _exchange(candidates: tuple[int, ...], source: int, target: int) -> nn.Module:
    """What brings a volume of scale ``source`` to the candidates, and if it is finer the size, of ``target``."""
    inputs, outputs = candidates[source], candidates[target]
    if source == target:
        return nn.Identity()
    if source > target:
        return conv_norm_2d(inputs, outputs, kernel=1)
    halvings = [conv_norm_leaky(inputs, inputs, stride=2) for _ in range(target - source - 1)]
    return nn.Sequential(*halvings, conv_norm_2d(inputs, outputs, stride=2))


def _resized(volume: Tensor, size: torch.Size) -> Tensor:
    if volume.shape[-2:] == size:
        return volume
    return F.interpolate(volume, size, mode="bilinear", align_corners=False)
