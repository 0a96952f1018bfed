"""Which weights there are for each network of the library."""

from pathlib import Path

from supcore.errors import SupError
from supcore.files import is_sha256, read_json, sha256
from supcore.networks.registry import NETWORKS
from supcore.shipped import shipped_file

REGISTRY = "config/weights.yaml"
DEMO = "demo"


def bundled_networks() -> list[str]:
    """Names of the networks whose demo weights come with the library."""
    return sorted(file.stem for file in shipped_file("resources/demo_weights").glob("*.safetensors"))


def refuse_damaged(weights: str | Path) -> None:
    """Compare weights with the hash in the provenance beside them, if there is one: wrong numbers load like right ones.

    Raises:
        SupError: they differ.
    """
    provenance = Path(weights).with_suffix(".json")
    try:
        stated = read_json(provenance)["artifacts"]["weights"]["sha256"]
    except (OSError, ValueError, LookupError, TypeError):
        return  # no provenance, or a file that has nothing to do with the weights
    if is_sha256(stated) and sha256(weights) != stated:
        raise SupError(f"{weights}: is damaged or not what {provenance} is about; get both files again")


def weights_by_network() -> dict[str, list[str]]:
    """Names of the weights that :func:`~supcore.networks.load_pretrained` takes, for each network."""
    from supcore.download.registry import load_registry

    released = load_registry(shipped_file(REGISTRY)).weights
    demo = bundled_networks()
    return {name: [*([DEMO] if name in demo else []), *released.get(name, {})] for name in NETWORKS}
