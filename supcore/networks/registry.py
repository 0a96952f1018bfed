"""The stereo networks by name. Adding one takes a module and one entry here."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from supcore.errors import SupError


@dataclass(frozen=True)
class NetworkEntry:
    """Where a network lives; its module is imported only when it is built.

    Attributes:
        module: import path.
        network: name of the :class:`~supcore.networks.base.StereoNetwork` in it; its options are the dataclass
            ``<network>Options`` beside it.
        defaults: options that make the named variant.
    """

    module: str
    network: str
    defaults: Mapping[str, Any] = field(default_factory=dict)


_AANET = "supcore.networks.aanet"
_DEEPPRUNER = "supcore.networks.deeppruner"
_PSMNET = "supcore.networks.psmnet"

NETWORKS: dict[str, NetworkEntry] = {
    "psmnet": NetworkEntry(_PSMNET, "PSMNet"),
    "psmnet_deform6": NetworkEntry(_PSMNET, "PSMNet", {"deformable_layers": (3, 4)}),
    "psmnet_deform25": NetworkEntry(_PSMNET, "PSMNet", {"deformable_layers": (1, 2, 3, 4)}),
    "psmnet_deform25_patchmatch": NetworkEntry(_DEEPPRUNER, "DeepPruner", {"deformable_layers": (1, 2, 3, 4)}),
    "deeppruner": NetworkEntry(_DEEPPRUNER, "DeepPruner"),
    "deeppruner_fast": NetworkEntry(_DEEPPRUNER, "DeepPruner", {"matching_scale": 8, "pooling_sizes": (32, 16, 8)}),
    "aanet": NetworkEntry(_AANET, "AANet"),
    "aanet_plus": NetworkEntry(_AANET, "AANetPlus"),
}


def build_network(name: str, **options: Any) -> Any:
    """Build a stereo network with freshly initialised weights, in evaluation mode.

    Args:
        name: a key of :data:`NETWORKS`.
        **options: fields of the network's options dataclass; the defaults are the published network.

    Returns:
        A :class:`~supcore.networks.base.StereoNetwork`. Call ``.train()`` on it to train it.

    Raises:
        SupError: unknown name or option, or a value the network cannot have.
    """
    if name not in NETWORKS:
        raise SupError(f"unknown network {name!r}; known networks: {', '.join(NETWORKS)}")
    entry = NETWORKS[name]
    module = importlib.import_module(entry.module)
    options_class = getattr(module, f"{entry.network}Options")
    known = [f.name for f in fields(options_class)]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise SupError(f"network {name}: unknown option {', '.join(unknown)}; known options: {', '.join(known)}")
    settings = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    try:
        chosen = options_class(**{**entry.defaults, **settings})
    except (TypeError, ValueError) as error:
        raise SupError(f"network {name}: {error}") from error
    return getattr(module, entry.network)(chosen).eval()
