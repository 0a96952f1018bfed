"""Networks under attack stay as they are."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from supcore.networks import NETWORKS, StereoNetwork
from supcore.ops.saved_tensors import FewSavedTensors


@contextmanager
def frozen(*networks: StereoNetwork) -> Iterator[None]:
    """For the block: batch-norm statistics stay, and no gradient of the weights is computed, or prepared.

    Networks of others save what PyTorch saves: they may compute something again in the backward pass, or compile it.
    """
    were_training = [network.training for network in networks]
    trainable = [p for network in networks for p in network.parameters() if p.requires_grad]
    for network in networks:
        network.eval()
    for parameter in trainable:
        parameter.requires_grad_(False)
    ours = all(network.architecture in NETWORKS for network in networks)
    try:
        with FewSavedTensors() if ours else nullcontext():
            yield
    finally:
        for network, was_training in zip(networks, were_training, strict=True):
            network.train(was_training)
        for parameter in trainable:
            parameter.requires_grad_(True)
