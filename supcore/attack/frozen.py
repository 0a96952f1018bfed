"""Networks under attack stay as they are."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from supcore.networks import NETWORKS, StereoNetwork
from supcore.ops.saved_tensors import FewSavedTensors

_MANY_PIXELS = 65_536


@contextmanager
def frozen(*networks: StereoNetwork, pixels: int) -> Iterator[None]:
    """For the block: batch-norm statistics stay, and no gradient of the weights is computed.

    With many pixels, nor is it prepared: :class:`~supcore.ops.saved_tensors.FewSavedTensors`. With few, memory does not
    matter, and a step would take up to a tenth longer. Networks of others save what PyTorch saves: they may compute
    something again in the backward pass, or compile it.

    Args:
        networks: to be attacked.
        pixels: of one view, in all pairs that are attacked at a time.
    """
    were_training = [network.training for network in networks]
    trainable = [p for network in networks for p in network.parameters() if p.requires_grad]
    for network in networks:
        network.eval()
    for parameter in trainable:
        parameter.requires_grad_(False)
    ours = all(network.architecture in NETWORKS for network in networks)
    try:
        with FewSavedTensors() if ours and pixels >= _MANY_PIXELS else nullcontext():
            yield
    finally:
        for network, was_training in zip(networks, were_training, strict=True):
            network.train(was_training)
        for parameter in trainable:
            parameter.requires_grad_(True)
