"""Small versions of all networks that take 64×128 images."""

import torch

from supcore.networks import build_network

_PSMNET = {"base_channels": 16, "block_counts": (1, 2, 1, 1), "pooling_sizes": (16, 8, 4, 2), "max_disparity": 32}
_DEEPPRUNER = {"base_channels": 8, "block_counts": (1, 1, 1, 1), "max_disparity": 32}
_AANET = {"base_channels": 8, "block_counts": (1, 1, 1), "pyramid_channels": 16, "refinement_channels": 16}
_GWCNET = {"base_channels": 8, "block_counts": (1, 1, 1, 1), "groups": 10, "max_disparity": 32}
_ITERATIVE = {"base_channels": 8, "iterations": 3, "training_iterations": 2}
_MCCNN = {"base_channels": 8, "max_disparity": 32, "window": 3}

SMALL = {
    "psmnet": _PSMNET,
    "psmnet_deform6": _PSMNET,
    "psmnet_deform25": _PSMNET,
    "psmnet_deform25_patchmatch": {**_DEEPPRUNER, "pooling_sizes": (8, 4, 2, 1)},
    "deeppruner": {**_DEEPPRUNER, "pooling_sizes": (8, 4, 2, 1)},
    "deeppruner_fast": {**_DEEPPRUNER, "pooling_sizes": (8, 4, 2)},
    "aanet": {"max_disparity": 48, **_AANET},
    "gwcnet_g": _GWCNET,
    "gwcnet_gc": {**_GWCNET, "concatenated_channels": 4},
    "raft_stereo": _ITERATIVE,
    "raft_stereo_realtime": _ITERATIVE,
    "raft_stereo_rvc": _ITERATIVE,
    "igev_stereo": {**_ITERATIVE, "max_disparity": 64},
    "mccnn": _MCCNN,
    "mccnn_sgm": _MCCNN,
    "aanet_plus": {"max_disparity": 48, "hourglass_channels": (8, 8, 16, 16, 16)},
}


def untrained(name):
    """The network with reproducible random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_network(name, **SMALL[name])


def training_losses(network, left, right, target, *, rate, steps):
    """The loss before each of some steps of Adam on the same pairs."""
    optimizer = torch.optim.Adam(network.parameters(), rate)
    losses = []
    for _ in range(steps):
        loss = network.loss(network(left, right), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
