"""The update operator of RAFT-Stereo (section 3.3) and IGEV-Stereo: convolutional GRUs at several resolutions."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.networks.regression import at_least_float32

Gates = tuple[Tensor, Tensor, Tensor]


class ConvGRU(nn.Module):
    """Gated recurrent unit of 3×3 convolutions; the context's part of the gates is computed beforehand."""

    def __init__(self, hidden: int, inputs: int) -> None:
        super().__init__()
        self.convz, self.convr, self.convq = (nn.Conv2d(hidden + inputs, hidden, 3, padding=1) for _ in range(3))

    def forward(self, state: Tensor, gates: Gates, *inputs: Tensor) -> Tensor:
        """The new N×hidden×h×w state, from the old one, the context's gates and what there is to read."""
        seen = torch.cat(inputs, dim=1)
        known = torch.cat((state, seen), dim=1)
        update = torch.sigmoid(self.convz(known) + gates[0])
        reset = torch.sigmoid(self.convr(known) + gates[1])
        proposal = torch.tanh(self.convq(torch.cat((reset * state, seen), dim=1)) + gates[2])
        return (1 - update) * state + update * proposal


class MotionEncoder(nn.Module):
    """What an iteration sees: the costs around the current disparity, and the disparity itself.

    Args:
        costs: channels that are looked up.
        base: half the channels of the result.
        flow: channels of the disparity, 2 where it is the flow of RAFT, whose vertical part is 0.
        letter: of the layers of the disparity, in the names of the released files.
    """

    def __init__(self, costs: int, base: int, flow: int, letter: str) -> None:
        super().__init__()
        self.convc1 = nn.Conv2d(costs, base, 1)
        self.convc2 = nn.Conv2d(base, base, 3, padding=1)
        self.of_flow = [f"conv{letter}1", f"conv{letter}2"]
        self.add_module(self.of_flow[0], nn.Conv2d(flow, base, 7, padding=3))
        self.add_module(self.of_flow[1], nn.Conv2d(base, base, 3, padding=1))
        self.conv = nn.Conv2d(2 * base, 2 * base - flow, 3, padding=1)

    def forward(self, costs: Tensor, flow: Tensor) -> Tensor:
        """N×costs×h×w and N×flow×h×w to N×2·base×h×w, the last of which are the flow."""
        about_costs = F.relu(self.convc2(F.relu(self.convc1(costs))))
        first, second = (self.get_submodule(name) for name in self.of_flow)
        about_flow = F.relu(second(F.relu(first(flow))))
        motion = F.relu(self.conv(torch.cat((about_costs, about_flow), dim=1)))
        return torch.cat((motion, flow), dim=1)


class ChangeHead(nn.Module):
    """From the finest state to the change of the disparity."""

    def __init__(self, hidden: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(hidden, 2 * hidden, 3, padding=1)
        self.conv2 = nn.Conv2d(2 * hidden, outputs, 3, padding=1)

    def forward(self, state: Tensor) -> Tensor:
        """N×hidden×h×w to N×outputs×h×w, unbounded."""
        return at_least_float32(self.conv2(F.relu(self.conv1(state))))


class UpdateBlock(nn.Module):
    """GRUs from the coarsest to the finest resolution; each reads its neighbors' states, the finest one the motion.

    Args:
        encoder: of the motion.
        hidden: channels of every state.
        levels: of the states, 2 or 3.
        scales: what the released files call the resolutions; a third GRU has weights there even if only two are used.
    """

    def __init__(self, encoder: MotionEncoder, hidden: int, levels: int, scales: Sequence[str]) -> None:
        super().__init__()
        self.encoder = encoder
        self.grus = [f"gru{scale}" for scale in scales]
        inputs = (2 * hidden, hidden * (levels - 1), hidden)
        for name, channels in zip(self.grus, inputs, strict=True):
            self.add_module(name, ConvGRU(hidden, channels))

    def forward(
        self, states: Sequence[Tensor], gates: Sequence[Gates], motion: Tensor, *, finest: int = 0
    ) -> list[Tensor]:
        """Update the states from the coarsest one to the level ``finest``; each sees the coarser ones' new states.

        Args:
            states: of all levels, finest first.
            gates: of all levels, from the context.
            motion: N×hidden×h×w, read by level 0.
            finest: of the levels to be updated.
        """
        states = list(states)
        for level in range(len(states) - 1, finest - 1, -1):
            inputs = [halved(states[level - 1]) if level else motion]
            if level + 1 < len(states):
                inputs.append(resized(states[level + 1], states[level]))
            gru = self.get_submodule(self.grus[level])
            states[level] = gru(states[level], gates[level], *inputs)
        return states


def halved(state: Tensor) -> Tensor:
    """Average over 3×3 cells at every other one; the border counts as zeros."""
    return F.avg_pool2d(state, 3, stride=2, padding=1)


def resized(state: Tensor, like: Tensor) -> Tensor:
    """Bilinear interpolation to the resolution of another state, corner to corner."""
    return F.interpolate(state, like.shape[-2:], mode="bilinear", align_corners=True)
