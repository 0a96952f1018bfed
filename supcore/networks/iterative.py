"""What RAFT-Stereo and IGEV-Stereo have in common: a disparity map that one update operator corrects many times."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from supcore.networks.base import StereoNetwork
from supcore.networks.recurrent_update import Gates
from supcore.ops.saved_tensors import FewSavedTensors

Step = Callable[[list[Tensor], Tensor], tuple[list[Tensor], Tensor]]
Upsample = Callable[[Tensor, Tensor], Tensor]


class IterativeNetwork(StereoNetwork):
    """States at several resolutions, gates from the context, costs that are looked up: the disparity converges.

    Attributes:
        context_zqr_convs: from the contexts to their part of the gates, finest first.
    """

    family = "iterative"
    image_mean = image_std = (0.5, 0.5, 0.5)
    padding_unit = 32
    padding_mode = "replicate"
    padding_side = "centered"

    context_zqr_convs: nn.ModuleList

    @property
    def iterations(self) -> int:
        """Of a forward pass; another number in training."""
        return int(self.options.training_iterations if self.training else self.options.iterations)

    def gates(self, contexts: Sequence[Tensor]) -> list[Gates]:
        """The contexts' part of the three gates of every level."""
        return [conv(c).chunk(3, dim=1) for conv, c in zip(self.context_zqr_convs, contexts, strict=True)]

    def refine(
        self, disparity: Tensor, states: list[Tensor], step: Step, upsample: Upsample, *, finest_only: bool
    ) -> list[Tensor]:
        """The enlarged map after the last iteration, then those after the others, in their order.

        Gradients pass from one iteration to the one before through the states alone, not through the disparity.

        Args:
            disparity: N×1×h×w, where to begin, in pixels of that resolution.
            states: first hidden states, finest first.
            step: from states and a disparity map to new states and the change of the map.
            upsample: from a disparity map and the finest state to N×1×H×W.
            finest_only: leave out all maps but the last one.
        """
        maps = []
        for remaining in reversed(range(self.iterations)):
            disparity = disparity.detach()
            states, change = self._carry_out(step, states, disparity)
            disparity = disparity + change
            if remaining == 0 or not finest_only:
                maps.append(self._carry_out(upsample, disparity, states[0]))
        return [maps.pop(), *maps]

    def _carry_out(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call the function, with its intermediate results kept for the backward pass or computed again there."""
        if self.options.recompute and torch.is_grad_enabled():
            return checkpoint(
                function,
                *arguments,
                use_reentrant=False,
                preserve_rng_state=False,
                context_fn=lambda: (FewSavedTensors(), FewSavedTensors()),  # both times the same are saved
            )
        return function(*arguments)
