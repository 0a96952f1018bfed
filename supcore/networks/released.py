"""Which weights there are for each network of the library."""

from supcore.networks.registry import NETWORKS
from supcore.shipped import shipped_file

REGISTRY = "config/weights.yaml"
DEMO = "demo"


def bundled_networks() -> list[str]:
    """Names of the networks whose demo weights come with the library."""
    return sorted(file.stem for file in shipped_file("resources/demo_weights").glob("*.safetensors"))


def weights_by_network() -> dict[str, list[str]]:
    """Names of the weights that :func:`~supcore.networks.load_pretrained` takes, for each network."""
    from supcore.download.registry import load_registry

    released = load_registry(shipped_file(REGISTRY)).weights
    demo = bundled_networks()
    return {name: [*([DEMO] if name in demo else []), *released.get(name, {})] for name in NETWORKS}
