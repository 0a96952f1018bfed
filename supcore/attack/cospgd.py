"""The pixel weights of CosPGD (Agnihotri et al., ICML 2024), for disparity."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from supcore.metrics import valid_pixels
from supcore.networks.base import StereoOutput


def cosine_similarity(disparity: Tensor, target: Tensor) -> Tensor:
    """How alike a prediction and its target are at every pixel, in (0, 1]: (1 + e) exp(-e), e their distance in pixels.

    The authors' code takes the cosine between softmaxes over channels, which is 1 everywhere for the one channel of a
    disparity map and would leave plain PGD. As in their segmentation the softmax here is over candidates, all
    disparities k with the scores -abs(k - d), which gives this closed form: 1 where the prediction is right, 0.2 where
    it is 3 px off.

    Args:
        disparity: N×1×H×W, pixels.
        target: N×1×H×W, pixels.

    Examples:
        >>> cosine_similarity(torch.tensor([10.0, 11.0, 13.0]), torch.tensor(10.0)).round(decimals=2).tolist()
        [1.0, 0.7400000095367432, 0.20000000298023224]
    """
    error = (disparity - target).abs()
    return (1 + error) * torch.exp(-error)


def weighted(output: StereoOutput, target: Tensor) -> StereoOutput:
    """The same maps, with the gradient of each pixel scaled by the similarity of the finest map to the target there.

    That is what scaling the loss of each pixel by a constant does to a loss that is a sum over pixels, as those of
    stereo networks are. Of smaller maps a pixel gets the mean over what it covers.

    Args:
        output: of a network.
        target: N×1×H×W, pixels; may hold anything where it is not valid.
    """
    finest = output.disparity.detach()
    similarity = torch.where(valid_pixels(target), cosine_similarity(finest, target), 1)
    auxiliary = tuple(_scaled(disparity, similarity) for disparity in output.auxiliary)
    return replace(output, disparity=_scaled(output.disparity, similarity), auxiliary=auxiliary)


def _scaled(disparity: Tensor, similarity: Tensor) -> Tensor:
    """The disparity itself, whose gradient is multiplied by the similarity."""
    if similarity.shape[-2:] != disparity.shape[-2:]:
        similarity = F.interpolate(similarity, disparity.shape[-2:], mode="area")
    fixed = disparity.detach()
    return fixed + similarity * (disparity - fixed)
