"""Input diversity (DI², Xie et al., CVPR 2019) for stereo pairs: random resizing and padding before a gradient."""

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_SHARE = 0.9


def resize_and_pad(views: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Shrink a stereo pair and pad it with zeros back to its size, at a random place; gradients pass to the views.

    Height and width are drawn independently, between 0.9 times the side and the side. Both views get the same size
    and place, so the pair stays rectified and the target stays theirs: it moves with the left view (nearest pixel), is
    multiplied by the ratio of widths, and is 0, which no loss counts, in the padding.

    Args:
        views: 2×3×H×W, left and right.
        target: 1×1×H×W disparity in pixels.
        generator: on the CPU.

    Returns:
        Views and target, of the same shapes.
    """
    height, width = views.shape[-2:]
    rows, columns = (_between(int(SMALLEST_SHARE * side), side, generator) for side in (height, width))
    top, start = _between(0, height - rows, generator), _between(0, width - columns, generator)
    margins = (start, width - columns - start, top, height - rows - top)
    shrunk = F.interpolate(views, (rows, columns), mode="bilinear", align_corners=False)
    disparity = F.interpolate(target, (rows, columns), mode="nearest-exact") * (columns / width)
    return F.pad(shrunk, margins), F.pad(disparity, margins)


def _between(low: int, high: int, generator: torch.Generator) -> int:
    return int(torch.randint(low, high + 1, (), generator=generator))
