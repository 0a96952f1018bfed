"""DeepPruner's search ranges, samples and matching volumes."""

import torch
import torch.nn.functional as F
from torch import Tensor


def search_range(first: Tensor, second: Tensor, count: int, limit: float) -> tuple[Tensor, Tensor]:
    """Order two predicted bounds and widen the range between them to at least ``count`` within [0, limit].

    Args:
        first: N×1×H×W disparities, one end of the range.
        second: the other end.
        count: wanted width of the range.
        limit: largest disparity.

    Returns:
        Lower and upper ends, N×1×H×W.
    """
    low, high = torch.minimum(first, second), torch.maximum(first, second)
    lower = (low - (count - high + low).clamp(min=0) / 2).clamp(0, limit)
    # The widened lower end counts here: a range cut off at 0 grows upwards instead.
    upper = (high + (count - high + lower).clamp(min=0)).clamp(0, limit)
    return lower, upper


def uniform_samples(minimum: Tensor, maximum: Tensor, count: int) -> Tensor:
    """``count`` disparities evenly inside each N×1×H×W range, its ends excluded: N×count×H×W."""
    step = (maximum - minimum) / (count + 1)
    return minimum + step * torch.arange(1, count + 1, device=step.device, dtype=step.dtype).view(-1, 1, 1)


def whole_samples(minimum: Tensor, samples: Tensor, maximum: Tensor) -> Tensor:
    """Both ends of the range around N×K×H×W samples, everything truncated to whole columns: int64 N×(K+2)×H×W."""
    return torch.cat((minimum.floor(), samples, maximum.ceil()), dim=1).long()


def warp_right(right: Tensor, samples: Tensor) -> Tensor:
    """Right features seen from the left image under each disparity.

    Args:
        right: N×C×H×W.
        samples: int64 N×S×H×W, at least 0, in columns.

    Returns:
        N×C×S×H×W: ``right`` at column x - sample, zero where that is outside.
    """
    n, channels, height, width = right.shape
    # A column of zeros in front collects everything from outside. With the samples beside the columns, the gradient of
    # gather needs no intermediate volume.
    index = torch.arange(1, width + 1, device=right.device) - samples
    index = index.clamp(min=0).transpose(1, 2).reshape(n, 1, height, -1)
    warped = F.pad(right, (1, 0)).gather(3, index.expand(-1, channels, -1, -1))
    return warped.view(n, channels, height, -1, width).transpose(2, 3)


def matching_volume(left: Tensor, right: Tensor, samples: Tensor, *context: Tensor) -> Tensor:
    """Everything the 3-D convolutions see about each sample.

    Args:
        left: N×C×H×W.
        right: the same shape.
        samples: int64 N×S×H×W.
        *context: N×c×H×W maps, repeated for every sample.

    Returns:
        N×(2C + 1 + sum of c)×S×H×W: left features, warped right features, the sample, the context.
    """
    repeated = [m.unsqueeze(2).expand(-1, -1, samples.shape[1], -1, -1) for m in (left, *context)]
    return torch.cat((repeated[0], warp_right(right, samples), samples.unsqueeze(1).to(left.dtype), *repeated[1:]), 1)
