"""Networks under attack stay as they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from supcore.networks import StereoNetwork


@contextmanager
def frozen(*networks: StereoNetwork) -> Iterator[None]:
    """For the block: batch-norm statistics stay, and no gradient of the weights is computed."""
    were_training = [network.training for network in networks]
    trainable = [p for network in networks for p in network.parameters() if p.requires_grad]
    for network in networks:
        network.eval()
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for network, was_training in zip(networks, were_training, strict=True):
            network.train(was_training)
        for parameter in trainable:
            parameter.requires_grad_(True)
