"""What a configuration can have wrong beyond its schema: values that contradict each other or what there is."""

from collections.abc import Iterable, Mapping
from typing import Any

from supcore.data.layouts import MADE_LAYOUTS, check_layout_options, find_layout
from supcore.errors import SupError
from supcore.import_paths import is_import_path
from supcore.networks.registry import NETWORKS, check_network_options
from supcore.studies.base import check_names
from supcore.sup_names import check_tile
from supcore.workflow.recipes import SECTIONS, WEIGHT_KINDS, check_made_weights
from supcore.workflow.settings import Settings
from supcore.workflow.sources import CLEAN, CONTROLS, source_networks


def checked_settings(config: Mapping[str, Any]) -> Settings:
    """A configuration of which everything but the studies is checked.

    Args:
        config: valid against ``config/config.schema.yaml``.

    Raises:
        SupError: a value that contradicts another one; one line that names the key.
    """
    settings = Settings(config)
    _check_layouts(settings.config["datasets"])
    _check_weights(settings)
    _check_network_options(settings)
    _check_sups(settings)
    _check_recipes(settings)
    _check_evaluation(settings)
    return settings


def _check_layouts(datasets: Mapping[str, Any]) -> None:
    for name, entry in datasets.items():
        if entry["layout"] in MADE_LAYOUTS:
            continue
        try:
            find_layout(entry["layout"])
        except SupError as error:
            raise SupError(f"config key datasets.{name}.layout: {error}") from None
        try:
            check_layout_options(entry["layout"], entry.get("layout_options", {}))
        except SupError as error:
            raise SupError(f"config key datasets.{name}.layout_options: {error}") from None


def _check_weights(settings: Settings) -> None:
    kinds: dict[str, str] = {}
    for network, entry in settings.config["networks"].items():
        for name, weights in entry["weights"].items():
            (kind,) = [k for k in WEIGHT_KINDS if k in weights]
            if kinds.setdefault(name, kind) != kind:
                raise SupError(
                    f"config key networks.{network}.weights.{name}: is '{kind}' here but '{kinds[name]}' for "
                    "another network; give one of them another name"
                )
            if kind == "registry":
                settings.registry.entry(settings.architecture(network), weights["registry"])
            if kind in SECTIONS:
                check_made_weights(settings.config, network, name, kind)


def _check_network_options(settings: Settings) -> None:
    """As the network would when a job builds it; of one that is not the library's, the job does."""
    for network, entry in settings.config["networks"].items():
        architecture = settings.architecture(network)
        if not is_import_path(architecture) and architecture not in NETWORKS:
            known = ", ".join(NETWORKS)
            raise SupError(
                f"config key networks.{network}: unknown network {architecture!r}; give one of these as its "
                f"architecture: {known}"
            )
        for weights in entry["weights"]:
            options = settings.network_options(network, weights)
            added = "" if options == entry.get("options", {}) else f" (with weights.{weights})"
            try:
                check_network_options(architecture, options)
            except SupError as error:
                raise SupError(f"config key networks.{network}.options{added}: {error}") from None


def _check_sups(settings: Settings) -> None:
    sups = settings.config["sups"]
    _check_split(settings, "sups.training", sups["training"])
    _check_split(settings, "sups.validation", sups["validation"])
    _check_tiles(settings, "sups.sizes", sups["sizes"])
    if not settings.sources:
        raise SupError("config key networks: every network is target_only; leave one to optimize SUPs on")
    check_names("sups.network_alpha", "network", sups.get("network_alpha", {}), settings.networks)
    for name in settings.sources:
        _check_source(settings, name, f"sups.sources.{name}")


def _check_source(settings: Settings, name: str, key: str) -> None:
    if name in (*CONTROLS, CLEAN):
        raise SupError(f"config key {key}: this name is taken by a control; choose another one")
    own = settings.own_keys[name]
    check_names(key, "network", source_networks(name, own), settings.networks)
    for network in source_networks(name, own):
        if settings.target_only(network) and "released" not in own:
            raise SupError(f"config key {key}: network {network} is target_only; choose another one")
    _check_tiles(settings, f"{key}.sizes", own.get("sizes", []))
    source = settings.source(name)
    if source.released is None:
        _check_split(settings, f"{key}.training", source.training)
    elif len(source.networks) > 1:
        raise SupError(f"config key {key}: released perturbations belong to one network; name just that one")
    elif source.target is not None:
        raise SupError(f"config key {key}: released perturbations were made without a target; leave out target")
    elif source.snapshots:
        raise SupError(f"config key {key}: released perturbations have no snapshots; set snapshots: []")
    else:
        settings.registry.collection(source.released)


def _check_recipes(settings: Settings) -> None:
    for name, recipe in settings.config.get("training", {}).items():
        for role in ("datasets", "validation"):
            for number, reference in enumerate(recipe[role]):
                _check_split(settings, f"training.{name}.{role}[{number}]", reference)
    for name, recipe in settings.config.get("finetuning", {}).items():
        key = f"finetuning.{name}"
        for number, reference in enumerate(recipe["datasets"]):
            _check_split(settings, f"{key}.datasets[{number}]", reference)
        _check_split(settings, f"{key}.validation", recipe["validation"])
        check_names(f"{key}.sups", "source", recipe["sups"]["sources"], settings.sources)
        _check_tiles(settings, f"{key}.sups.sizes", recipe["sups"]["sizes"])


def _check_evaluation(settings: Settings) -> None:
    for name, entry in settings.config["evaluation"]["datasets"].items():
        key = f"evaluation.datasets.{name}"
        _check_split(settings, key, {"dataset": name, "split": entry["split"]})
        check_names(f"{key}.networks", "network", entry.get("networks", []), settings.networks)
        check_names(f"{key}.sources", "source", entry.get("sources", []), settings.sources)
        for network in settings.targets(name):
            settings.evaluation_weights(name, network)
    if not settings.transfer_datasets:
        raise SupError(
            "config key evaluation.datasets: every data set is studies_only, which leaves none for the transfer table; "
            f"take it from one of {', '.join(settings.evaluated)}"
        )


def _check_split(settings: Settings, key: str, reference: Mapping[str, Any]) -> None:
    datasets = settings.config["datasets"]
    dataset, split = reference["dataset"], reference["split"]
    check_names(key, "data set", [dataset], datasets)
    if split not in datasets[dataset]["splits"]:
        known = ", ".join(datasets[dataset]["splits"])
        raise SupError(f"config key {key}: data set {dataset} has no split {split!r}; known: {known}")


def _check_tiles(settings: Settings, key: str, sizes: Iterable[str]) -> None:
    for size in sizes:
        check_tile(f"config key {key}", size, tuple(settings.config["image_size"]))
