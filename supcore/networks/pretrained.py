"""A network with its weights in one call: bundled, released, or from a file of your own."""

import os
from pathlib import Path
from typing import Any

from supcore.errors import SupError, shown
from supcore.networks.base import StereoNetwork
from supcore.networks.checkpoints import load_weights, read_state_dict
from supcore.networks.registry import build_network
from supcore.networks.released import DEMO, REGISTRY, bundled_networks, refuse_damaged
from supcore.shipped import shipped_file
from supcore.tensor_files import is_safetensors, read_tensors


def load_pretrained(
    name: str,
    weights: str | Path | None = None,
    *,
    cache: str | Path | None = None,
    registry: str | Path | None = None,
    key: str | None = None,
    prefix: str = "",
    **options: Any,
) -> StereoNetwork:
    """Build a network and load its weights, in evaluation mode on the CPU.

    Args:
        name: as for :func:`~supcore.networks.build_network`.
        weights: ``"demo"``, the small networks that come with the library; a name of released weights in
            ``config/weights.yaml``, such as ``"kitti15"``; or a file, whose header states the options if
            :func:`~supcore.networks.save_weights` wrote it; None for a network that has nothing to load.
        cache: folder of downloaded files, which are fetched once and checked by their hashes; by default ``supcore``
            in the user's cache folder (``$XDG_CACHE_HOME``, else ``~/.cache``). Files placed there by hand are used.
        registry: list of released weights in place of the library's own ``config/weights.yaml``.
        key: of a file, as :func:`~supcore.networks.load_weights` takes it.
        prefix: of a file, too.
        **options: of the network, in place of what the header or the registry states. Released weights get the options
            of the published code by default, quirks included: PSMNet's want ``align_corners=True`` to be as accurate
            as they were trained.

    Raises:
        SupError: unknown network, weights or option, no weights for a network that has some, weights of another
            network, or a download that fails; the message says where to put the file by hand.

    Examples:
        >>> network = load_pretrained("psmnet", "demo")
        >>> network.options.max_disparity
        32
    """
    if weights is None:
        return _without_weights(name, options)
    if Path(weights).suffix and Path(weights).is_file():
        return _from_file(name, Path(weights), options, key, prefix)
    if Path(weights).suffix in (".safetensors", ".pth", ".pt", ".tar", ".ckpt"):
        raise SupError(f"{weights}: file not found; check the path")
    if weights == DEMO:
        return _from_file(name, _bundled(name), options)
    return _released(name, str(weights), cache, registry, options)


def _without_weights(name: str, options: dict[str, Any]) -> StereoNetwork:
    network: StereoNetwork = build_network(name, **options)
    if network.state_dict():
        raise SupError(f"network {name}: needs weights; give a name from `supcore networks`, or a file (--weights)")
    return network


def _bundled(name: str) -> Path:
    if name not in bundled_networks():
        raise SupError(f"network {name}: has no demo weights; those that have are {', '.join(bundled_networks())}")
    weights = shipped_file(f"resources/demo_weights/{name}.safetensors")
    refuse_damaged(weights)
    return weights


def _from_file(
    name: str, path: Path, options: dict[str, Any], key: str | None = None, prefix: str = ""
) -> StereoNetwork:
    header = read_tensors(path)[1] if is_safetensors(path) else {}
    stored, of = header.get("options", {}), header.get("architecture", name)
    if of != name or not isinstance(stored, dict):
        raise SupError(f"{path}: holds weights of {shown(of)}, not of {name}; check the network's name")
    network: StereoNetwork = build_network(name, **{**stored, **options})
    load_weights(network, path, key=key, prefix=prefix)
    return network


def _released(
    name: str, weights: str, cache: str | Path | None, registry: str | Path | None, options: dict[str, Any]
) -> StereoNetwork:
    from supcore.download import load_registry, obtain_checkpoint  # with packages of the workflow

    entry = load_registry(registry or shipped_file(REGISTRY)).entry(name, weights)
    network: StereoNetwork = build_network(name, **{**entry.options, **options})
    downloads = default_cache() if cache is None else Path(cache)
    checkpoint = downloads / "checkpoints" / f"{name}_{weights}.checkpoint"
    load_weights(network, obtain_checkpoint(entry, checkpoint, downloads=downloads, read=read_state_dict))
    return network


def default_cache() -> Path:
    """Where downloaded files are kept unless the caller says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "supcore"
