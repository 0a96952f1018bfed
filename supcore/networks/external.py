"""A method that cannot live in this process: of another framework or environment, or a compiled program."""

from typing import Any

import torch
from torch import Tensor

from supcore.errors import SupError
from supcore.networks.base import StereoNetwork, StereoOutput
from supcore.networks.external_options import ExternalNetworkOptions
from supcore.networks.external_program import Program


class ExternalNetwork(StereoNetwork):
    """A target whose disparities a program of its own computes, without gradients.

    The program is started with the first pair and serves all others. It gets one line for each, with the paths of two
    images (H×W×3 float32 in [0, 1], npy) and of the disparity map that it writes (H×W in pixels, npy), separated by
    tabs, and answers ``done``. When its input ends, so should it.
    """

    target_only = True
    image_mean = (0.0, 0.0, 0.0)
    image_std = (1.0, 1.0, 1.0)

    def __init__(self, options: ExternalNetworkOptions) -> None:
        super().__init__()
        self.options = options
        self._program: Program | None = None

    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """Its only map.

        Raises:
            SupError: the program does not answer, or not with a disparity map; see :class:`Program`.
        """
        if self._program is None or not self._program.alive:
            self._program = Program(self.options.command, self.options.timeout)
        views = (view.detach().permute(0, 2, 3, 1).float().cpu().numpy() for view in (left, right))
        maps = [self._program.disparity(*pair) for pair in zip(*views, strict=True)]
        return [torch.stack([torch.from_numpy(disparity) for disparity in maps]).unsqueeze(1).to(left.device)]

    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """There is none."""
        raise SupError("an external network has no gradients: set target_only: true for its entry in networks")
