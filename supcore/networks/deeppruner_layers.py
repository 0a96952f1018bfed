"""Convolutional parts of DeepPruner: hourglasses over disparity samples and the refinement."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.blocks import conv_norm_2d, conv_norm_3d
from supcore.networks.convolution_3d import Convolution3d, TransposedConvolution3d
from supcore.networks.regression import expected_sample
from supcore.ops.precision import full_precision

_SLOPE = 0.1


def leaky_2d(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    """3×3 convolution, batch norm, leaky ReLU."""
    return conv_norm_2d(inputs, outputs, dilation=dilation).append(nn.LeakyReLU(_SLOPE, inplace=True))


def leaky_3d(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3×3×3 convolution with a stride in rows and columns only, batch norm, leaky ReLU."""
    return conv_norm_3d(inputs, outputs, (1, stride, stride)).append(nn.LeakyReLU(_SLOPE, inplace=True))


def leaky_smoothing(channels: int) -> nn.Sequential:
    """5×5 convolution with bias that keeps the number of channels, batch norm, leaky ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 5, padding=2), nn.BatchNorm2d(channels), nn.LeakyReLU(_SLOPE, inplace=True)
    )


class DisparitySmoothing(nn.Sequential):
    """5×5 convolution of a disparity map, then ReLU."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 1, 5, padding=2), nn.ReLU(inplace=True))

    def start_as_identity(self) -> None:
        """Leave every map as it is until training changes that."""
        weight, bias = self.parameters()
        nn.init.dirac_(weight)
        nn.init.zeros_(bias)

    def forward(self, disparity: Tensor) -> Tensor:
        """N×1×H×W to the same shape, in the map's own precision."""
        with full_precision(disparity):
            return super().forward(disparity)


def reduction(inputs: int, outputs: int) -> tuple[nn.Sequential, nn.Sequential]:
    """The four convolutions in front of an hourglass, named ``dres0`` and ``dres1`` by the authors."""
    first = nn.Sequential(leaky_3d(inputs, 4 * outputs), leaky_3d(4 * outputs, 2 * outputs))
    return first, nn.Sequential(leaky_3d(2 * outputs, 2 * outputs), leaky_3d(2 * outputs, outputs))


class RangePredictor(nn.Module):
    """Hourglass that turns a volume over disparity samples into a disparity.

    Rows and columns are halved three times; the axis of the samples keeps its length.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        half, quarter, eighth = 2 * channels, 4 * channels, 8 * channels
        self.conv1, self.conv2 = leaky_3d(channels, half, stride=2), leaky_3d(half, half)
        self.conv1_1, self.conv2_1 = leaky_3d(half, quarter, stride=2), leaky_3d(quarter, quarter)
        self.conv3, self.conv4 = leaky_3d(quarter, eighth, stride=2), leaky_3d(eighth, eighth)
        self.conv5 = _transposed(eighth, quarter)
        self.conv6 = _transposed(quarter, half)
        self.conv7 = _transposed(half, channels)
        self.last_conv3d_layer = nn.Sequential(
            leaky_3d(channels, half), Convolution3d(half, 1, 3, padding=1, bias=False)
        )

    def forward(self, volume: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Predict from a reduced volume.

        Args:
            volume: N×channels×S×H×W, H and W multiples of 8.
            samples: N×S×H×W disparities.

        Returns:
            The expected disparity N×1×H×W and the samples' logits N×S×H×W.
        """
        return self.expectation(self.transform(volume), samples)

    def transform(self, volume: Tensor) -> Tensor:
        """The hourglass itself: a volume of the same shape."""
        half = self.conv1(volume)
        half = half + self.conv2(half)
        quarter = self.conv1_1(half)
        quarter = quarter + self.conv2_1(quarter)
        eighth = self.conv3(quarter)
        eighth = eighth + self.conv4(eighth)
        return self.conv7(self.conv6(self.conv5(eighth) + quarter) + half)

    def expectation(self, volume: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the samples, and the mean of the samples under their softmax."""
        logits = self.last_conv3d_layer(volume).squeeze(1)
        return expected_sample(logits, samples), logits


class CostAggregator(RangePredictor):
    """The hourglass of the second, narrow search: reduces its own input and adds it to the result."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__(channels)
        self.dres0, self.dres1 = reduction(inputs, channels)

    def forward(self, volume: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        """As :meth:`RangePredictor.forward`, but with N×inputs×S×H×W volumes."""
        reduced = self.dres1(self.dres0(volume))
        return self.expectation(self.transform(reduced) + reduced, samples)


class Refinement(nn.Module):
    """2-D convolutions that correct a disparity map with the help of image features of its resolution."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        wide = 2 * channels
        self.conv1 = nn.Sequential(
            leaky_2d(inputs, wide),
            leaky_2d(wide, wide),
            leaky_2d(wide, wide),
            leaky_2d(wide, channels, dilation=2),
            leaky_2d(channels, channels, dilation=4),
            leaky_2d(channels, channels),
        )
        self.classif1 = nn.Conv2d(channels, 1, 3, padding=1, bias=False)

    def forward(self, disparity: Tensor, *features: Tensor) -> Tensor:
        """N×1×H×W disparity and features, ``inputs`` channels together, to the corrected map (at least 0)."""
        return F.relu(disparity + self.classif1(self.conv1(torch.cat((*features, disparity), dim=1))))


def _transposed(inputs: int, outputs: int) -> nn.Sequential:
    """Double rows and columns."""
    layer = TransposedConvolution3d(
        inputs, outputs, 3, stride=(1, 2, 2), padding=1, output_padding=(0, 1, 1), bias=False
    )
    return nn.Sequential(layer, nn.BatchNorm3d(outputs))
