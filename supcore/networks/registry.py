"""The stereo networks by name. Adding one takes a module and one entry here; others are found by their import path."""

import importlib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from importlib.util import find_spec
from typing import Any, get_type_hints

from supcore.errors import SupError
from supcore.option_values import check_options


@dataclass(frozen=True)
class NetworkEntry:
    """Where a network lives; its module is imported only when it is built.

    Attributes:
        module: import path.
        network: name of the :class:`~supcore.networks.base.StereoNetwork` in it; its options are the dataclass
            ``<network>Options`` beside it, which comes from a module ``<module>_options`` without PyTorch where a
            configuration's options shall be checked before anything runs.
        defaults: options that make the named variant.
    """

    module: str
    network: str
    defaults: Mapping[str, Any] = field(default_factory=dict)


_AANET = "supcore.networks.aanet"
_DEEPPRUNER = "supcore.networks.deeppruner"
_GWCNET = "supcore.networks.gwcnet"
_IGEV_STEREO = "supcore.networks.igev_stereo"
_MCCNN = "supcore.networks.mccnn"
_PSMNET = "supcore.networks.psmnet"
_RAFT_STEREO = "supcore.networks.raft_stereo"
_REALTIME = {"shared_backbone": True, "halvings": 3, "gru_levels": 2, "slow_fast": True, "iterations": 7}

NETWORKS: dict[str, NetworkEntry] = {
    "psmnet": NetworkEntry(_PSMNET, "PSMNet"),
    "psmnet_deform6": NetworkEntry(_PSMNET, "PSMNet", {"deformable_layers": (3, 4)}),
    "psmnet_deform25": NetworkEntry(_PSMNET, "PSMNet", {"deformable_layers": (1, 2, 3, 4)}),
    "psmnet_deform25_patchmatch": NetworkEntry(_DEEPPRUNER, "DeepPruner", {"deformable_layers": (1, 2, 3, 4)}),
    "deeppruner": NetworkEntry(_DEEPPRUNER, "DeepPruner"),
    "deeppruner_fast": NetworkEntry(_DEEPPRUNER, "DeepPruner", {"matching_scale": 8, "pooling_sizes": (32, 16, 8)}),
    "aanet": NetworkEntry(_AANET, "AANet"),
    "aanet_plus": NetworkEntry(_AANET, "AANetPlus"),
    "gwcnet_g": NetworkEntry(_GWCNET, "GwcNet"),
    "gwcnet_gc": NetworkEntry(_GWCNET, "GwcNet", {"concatenated_channels": 12}),
    "raft_stereo": NetworkEntry(_RAFT_STEREO, "RAFTStereo"),
    "raft_stereo_realtime": NetworkEntry(_RAFT_STEREO, "RAFTStereo", _REALTIME),
    "raft_stereo_rvc": NetworkEntry(_RAFT_STEREO, "RAFTStereo", {"context_norm": "instance"}),
    "igev_stereo": NetworkEntry(_IGEV_STEREO, "IGEVStereo"),
    "mccnn": NetworkEntry(_MCCNN, "MCCNN"),
    "mccnn_sgm": NetworkEntry(_MCCNN, "MCCNN", {"semi_global": True}),
}


def build_network(name: str, **options: Any) -> Any:
    """Build a stereo network with freshly initialized weights, in evaluation mode.

    Args:
        name: a key of :data:`NETWORKS`, or ``"package.module:ClassName"`` for a network from elsewhere, whose module
            Python must be able to import.
        **options: fields of the network's options dataclass; the defaults are the published network.

    Returns:
        A :class:`~supcore.networks.base.StereoNetwork`. Call ``.train()`` on it to train it.

    Raises:
        SupError: unknown name or option, a value the network cannot have, or an import path without a network.

    Examples:
        The published network, and a small one:

        >>> build_network("psmnet").options.max_disparity
        192
        >>> network = build_network("psmnet_deform6", base_channels=4, pooling_sizes=(8, 4, 2, 1), max_disparity=16)
        >>> network.options.deformable_layers
        (3, 4)
    """
    entry = _entry(name)
    network_class, options_class = _classes(name, entry)
    chosen = _filled_in(name, entry, options_class, options)
    network = network_class(chosen).eval()
    network.options, network.architecture = chosen, name
    return network


def check_network_options(name: str, options: Mapping[str, Any]) -> None:
    """Check options as :func:`build_network` does, where that takes no PyTorch: in the library.

    Raises:
        SupError: unknown name or option, or a value the network cannot have.
    """
    entry = _entry(name)
    module = f"{entry.module}_options"
    if module.startswith("supcore.") and find_spec(module):
        options_class = getattr(importlib.import_module(module), f"{entry.network}Options")
        _filled_in(name, entry, options_class, options)


def _filled_in(name: str, entry: NetworkEntry, options_class: Any, options: Mapping[str, Any]) -> Any:
    """The options of a network, its own defaults where none is given."""
    check_options(f"network {name}", _types(options_class), options)
    settings = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    due = [f.name for f in fields(options_class) if f.default is MISSING and f.default_factory is MISSING]
    if missing := [key for key in due if key not in {**entry.defaults, **settings}]:
        raise SupError(f"network {name}: needs the option {missing[0]}; give it a value")
    try:
        return options_class(**{**entry.defaults, **settings})
    except (TypeError, ValueError) as error:
        raise SupError(f"network {name}: {error}") from error


def _types(options_class: Any) -> dict[str, Any]:
    """The annotations by name, evaluated where ``from __future__ import annotations`` makes text of them."""
    named = {f.name: f.type for f in fields(options_class)}
    try:
        return {**named, **{name: kind for name, kind in get_type_hints(options_class).items() if name in named}}
    except NameError:  # of something that is imported for type checkers only
        return named


def _entry(name: str) -> NetworkEntry:
    if name in NETWORKS:
        return NETWORKS[name]
    module, colon, network = name.partition(":")
    if not (module and colon and network):
        known = ", ".join(NETWORKS)
        raise SupError(f"unknown network {name!r}; known networks: {known}, or an import path package.module:ClassName")
    return NetworkEntry(module, network)


def _classes(name: str, entry: NetworkEntry) -> tuple[Any, Any]:
    """The network's class and that of its options."""
    from supcore.networks.base import StereoNetwork  # with PyTorch

    try:
        module = importlib.import_module(entry.module)
    except (ImportError, SyntaxError) as error:
        raise SupError(f"network {name}: module {entry.module} cannot be imported: {error}") from error
    network = getattr(module, entry.network, None)
    if not (isinstance(network, type) and issubclass(network, StereoNetwork)):
        raise SupError(f"network {name}: {entry.module} has no sub-class of StereoNetwork called {entry.network}")
    if missing := sorted(network.__abstractmethods__):
        raise SupError(f"network {name}: {entry.network} does not implement {', '.join(missing)}")
    options = getattr(module, f"{entry.network}Options", None)
    if not (isinstance(options, type) and is_dataclass(options)):
        raise SupError(f"network {name}: {entry.module} has no dataclass {entry.network}Options for its options")
    return network, options
