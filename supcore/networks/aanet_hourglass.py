"""The double hourglass of AANet+, as feature extractor (after GANet) and as refinement."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from supcore.networks.aanet_blocks import ConvNormReLU, deformable_3x3
from supcore.networks.aanet_refinement import Refinement

LEVELS = 4
_DEFORMABLE_LEVELS = (3, 4)


class SkipStep(nn.Module):
    """Halve or double the resolution, then merge with a skip of the new resolution.

    Args:
        inputs: channels of the input.
        outputs: channels of the skip and of the result.
        transposed: double the resolution instead of halving it.
        deformable: merge by a deformable convolution, without norm and activation.
    """

    def __init__(self, inputs: int, outputs: int, *, transposed: bool = False, deformable: bool = False) -> None:
        super().__init__()
        self.conv1 = ConvNormReLU(inputs, outputs, kernel=4 if transposed else 3, stride=2, transposed=transposed)
        self.conv2: nn.Module = (deformable_3x3 if deformable else ConvNormReLU)(2 * outputs, outputs)

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        """N×inputs×H×W and N×outputs×H'×W' to the latter's shape."""
        return self.conv2(torch.cat((self.conv1(features), skip), dim=1))


def add_hourglasses(module: nn.Module, channels: Sequence[int], *, deformable: bool) -> None:
    """Give ``module`` the layers of two hourglasses, for :func:`run_hourglasses`.

    They become its direct children, since the names in the released files have no level for them.

    Args:
        module: a feature extractor or refinement.
        channels: of the full resolution and the four halved ones.
        deformable: use deformable convolutions on the way down at the two coarsest levels.
    """
    steps = list(enumerate(pairwise(channels), start=1))
    for level, (finer, coarser) in steps:
        bent = deformable and level in _DEFORMABLE_LEVELS
        layer = deformable_3x3(finer, coarser, stride=2) if bent else ConvNormReLU(finer, coarser, stride=2)
        module.add_module(f"conv{level}a", layer)
    for level, (finer, coarser) in reversed(steps):
        module.add_module(f"deconv{level}a", SkipStep(coarser, finer, transposed=True))
    for level, (finer, coarser) in steps:
        bent = deformable and level in _DEFORMABLE_LEVELS
        module.add_module(f"conv{level}b", SkipStep(finer, coarser, deformable=bent))
    for level, (finer, coarser) in reversed(steps):
        module.add_module(f"deconv{level}b", SkipStep(coarser, finer, transposed=True))


def run_hourglasses(module: nn.Module, features: Tensor) -> Tensor:
    """Down, up, down and up again; every step but the first ones merges the latest map of its resolution.

    Args:
        module: as prepared by :func:`add_hourglasses`.
        features: N×C×H×W; H and W must be multiples of 16.

    Returns:
        The same shape.
    """
    layers = module.get_submodule
    latest = [features]
    for level in range(1, LEVELS + 1):
        latest.append(layers(f"conv{level}a")(latest[-1]))
    features = latest[LEVELS]
    for level in range(LEVELS, 0, -1):
        features = latest[level - 1] = layers(f"deconv{level}a")(features, latest[level - 1])
    for level in range(1, LEVELS + 1):
        features = latest[level] = layers(f"conv{level}b")(features, latest[level])
    for level in range(LEVELS, 0, -1):
        features = layers(f"deconv{level}b")(features, latest[level - 1])
    return features


class HourglassFeatures(nn.Module):
    """Features of one image at a third of its resolution.

    Args:
        channels: of that resolution and the four halved ones.
        deformable: use deformable convolutions.
    """

    def __init__(self, channels: Sequence[int], deformable: bool) -> None:
        super().__init__()
        base = channels[0]
        self.conv_start = nn.Sequential(
            ConvNormReLU(3, base),
            ConvNormReLU(base, base, kernel=5, stride=3, padding=2),
            (deformable_3x3 if deformable else ConvNormReLU)(base, base),
        )
        add_hourglasses(self, channels, deformable=deformable)

    def forward(self, image: Tensor) -> Tensor:
        """N×3×H×W to N×channels[0]×H/3×W/3; H and W must be multiples of 48."""
        return run_hourglasses(self, self.conv_start(image))


class HourglassRefinement(Refinement):
    """Refinement by two hourglasses with deformable convolutions; the sides must be multiples of 16."""

    def __init__(self, channels: Sequence[int], align_corners: bool) -> None:
        super().__init__(channels[0], align_corners)
        self.conv_start = deformable_3x3(channels[0], channels[0])
        add_hourglasses(self, channels, deformable=True)

    def decode(self, features: Tensor) -> Tensor:
        """N×channels[0]×H×W to the same shape."""
        return run_hourglasses(self, self.conv_start(features))
