"""Semi-global matching (Hirschmüller, PAMI 2008) by OpenCV: no weights and no gradients, a target for SUPs of networks.

In a configuration it takes ``target_only: true`` and weights that are ``untrained`` (see own_network.yaml).
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from supcore.errors import SupError
from supcore.networks import StereoNetwork, StereoOutput
from supcore.networks.semi_global import fill_from_background

SUBPIXELS = 16  # OpenCV's disparities are integers, this many to a pixel


@dataclass(frozen=True)
class SemiGlobalMatchingOptions:
    """Options of :class:`SemiGlobalMatching`.

    Attributes:
        max_disparity: in pixels; a multiple of 16.
        block_size: side of the matched blocks, in pixels; odd.
    """

    max_disparity: int = 192
    block_size: int = 3

    def __post_init__(self) -> None:
        if self.max_disparity < 16 or self.max_disparity % 16:
            raise ValueError(f"max_disparity must be a multiple of 16, got {self.max_disparity}")
        if self.block_size < 1 or self.block_size % 2 == 0:
            raise ValueError(f"block_size must be odd and positive, got {self.block_size}")


class SemiGlobalMatching(StereoNetwork):
    """OpenCV's StereoSGBM with all eight paths, dense.

    Images are rounded to 8 bits, all that OpenCV takes: of a perturbation, what survives in whole gray levels counts.
    Pixels that its left-right, uniqueness and speckle checks reject are filled from the background (see
    :func:`fill_from_background`), so that D1 counts every pixel with ground truth, as for the networks.
    """

    family = "classical"
    year = 2008
    target_only = True

    def __init__(self, options: SemiGlobalMatchingOptions = SemiGlobalMatchingOptions()) -> None:
        super().__init__()
        self.options = options
        area = 3 * options.block_size**2  # penalties as OpenCV recommends for three channels
        self.matcher = cv2.StereoSGBM.create(
            minDisparity=0,
            numDisparities=options.max_disparity,
            blockSize=options.block_size,
            P1=8 * area,
            P2=32 * area,
            disp12MaxDiff=1,
            preFilterCap=63,
            uniquenessRatio=10,
            speckleWindowSize=100,
            speckleRange=2,
            mode=cv2.STEREO_SGBM_MODE_HH,
        )

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """One disparity map, computed on the CPU and without gradient."""
        pairs = zip(self._eight_bit(left), self._eight_bit(right), strict=True)
        matched = torch.stack([torch.from_numpy(self._match(*pair)) for pair in pairs]).unsqueeze(1)
        return [fill_from_background(matched).to(left.device)]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """There is none."""
        raise SupError("semi-global matching has no gradients: set target_only: true for its entry in networks")

    def _eight_bit(self, images: Tensor) -> NDArray[np.uint8]:
        """Normalized N×3×H×W images as N×H×W×3 gray levels."""
        levels = (255 * (images.detach() * self._std + self._mean)).round().clamp(0, 255)
        return np.ascontiguousarray(levels.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy())

    def _match(self, left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float32]:
        # OpenCV leaves out the left columns where the largest disparity would look outside; a border gives them back.
        border = self.options.max_disparity
        wide = [cv2.copyMakeBorder(view, 0, 0, border, 0, cv2.BORDER_REPLICATE) for view in (left, right)]
        disparity = self.matcher.compute(*wide)[:, border:].astype(np.float32) / SUBPIXELS
        return np.where(disparity < 0, np.float32(np.nan), disparity)
