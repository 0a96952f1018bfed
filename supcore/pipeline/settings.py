"""The pipeline's configuration: checks beyond the schema, and the questions that the rules ask of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from supcore.data.layouts import LAYOUTS
from supcore.data.pairing import is_readable_folder
from supcore.download.registry import Checkpoint, Registry, WeightsEntry, load_registry
from supcore.errors import SupError
from supcore.pipeline.recipes import SECTIONS, check_made_weights, lineage, start_of
from supcore.pipeline.sources import Name, Source, source_networks, source_settings

SYNTHETIC = "synthetic"
FILE_LAYOUTS = tuple(LAYOUTS)
WEIGHT_KINDS = ("bundled", "registry", "untrained", *SECTIONS)
CLEAN = "none"
CONTROLS = ("noise",)


@dataclass(frozen=True)
class Settings:
    """A checked configuration.

    Args:
        config: the merged YAML configuration, already valid against ``config/config.schema.yaml``.

    Raises:
        SupError: a value that contradicts another one; the message names the key.
    """

    config: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._check_networks()
        self._check_dataset_references()
        self._check_sups()

    # ---- what there is -------------------------------------------------------------------------------------------

    @property
    def networks(self) -> list[str]:
        """Names of the networks, in the configuration's order."""
        return list(self.config["networks"])

    def datasets(self, *layouts: str) -> list[str]:
        """Names of the data sets that have one of these layouts."""
        return [name for name, d in self.config["datasets"].items() if d["layout"] in layouts]

    def weight_names(self, kind: str) -> list[str]:
        """Names of the weights of one of the :data:`WEIGHT_KINDS`, over all networks."""
        names = (n for net in self.config["networks"].values() for n, w in net["weights"].items() if kind in w)
        return sorted(set(names))

    def used_recipes(self, section: str = "training") -> list[str]:
        """Recipes of a section behind the weights that are attacked or evaluated here, those they start from too."""
        sources = map(self.source, self.sources)
        used = [pair for source in sources for pair in zip(source.networks, source.weights, strict=True)]
        used += [(n, self.evaluation_weights(d, n)) for d in self.evaluated for n in self.targets(d)]
        recipes = (recipe for pair in used for recipe in lineage(self.config, *pair))
        return list(dict.fromkeys(name for kind, name in recipes if kind == section))

    def stated_overlaps(self) -> list[tuple[str, str, str]]:
        """Reported frames that released files are known to have seen: role, data set and split, frames."""
        stated = []
        for dataset in self.evaluated:
            layout = self.config["datasets"][dataset]["layout"]
            name = f"{dataset}/{self.config['evaluation']['datasets'][dataset]['split']}"
            stated += [(role, name, seen[layout]) for role, seen in self._released_files(dataset) if layout in seen]
        return stated

    def _released_files(self, dataset: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Role of every released file in a data set's results, and the frames it has seen by layout."""
        for network in self.targets(dataset):
            weights = self.evaluation_weights(dataset, network)
            if "registry" in self.config["networks"][network]["weights"][weights]:
                seen = self.released_weights(network, weights).trained_on
                yield f"training released weights ({network}/{weights})", seen
        for source in map(self.source, self.sources):
            if source.released:
                yield f"choosing released SUPs ({source.name})", self._registry.collection(source.released).chosen_on

    @property
    def evaluated(self) -> list[str]:
        """Names of the data sets that results are reported on."""
        return list(self.config["evaluation"]["datasets"])

    @property
    def transfer_datasets(self) -> list[str]:
        """The evaluated data sets without those that serve studies only."""
        entries = self.config["evaluation"]["datasets"]
        return [name for name, entry in entries.items() if not entry.get("studies_only")]

    def targets(self, dataset: str) -> list[str]:
        """Names of the networks that are evaluated on a data set: all, or those that it lists."""
        wanted = self.config["evaluation"]["datasets"][dataset].get("networks")
        return self.networks if wanted is None else [n for n in self.networks if n in wanted]

    def missing_roots(self) -> dict[str, str]:
        """Data sets whose root folder does not exist or is not open to this user, with the root as configured."""
        roots = {n: str(self.config["datasets"][n].get("root", "")) for n in self.datasets(*FILE_LAYOUTS)}
        return {name: root for name, root in roots.items() if not (root and is_readable_folder(root))}

    # ---- networks and weights ------------------------------------------------------------------------------------

    def architecture(self, network: str) -> str:
        """What to build the network called ``network`` here from: a name of the library, or an import path."""
        return str(self.config["networks"][network].get("architecture", network))

    @property
    def own_modules(self) -> dict[str, str]:
        """Modules outside the library that hold networks, by the network's name here."""
        parts = {network: self.architecture(network).partition(":") for network in self.networks}
        return {network: module for network, (module, colon, _) in parts.items() if colon}

    def network_options(self, network: str, weights: str) -> dict[str, Any]:
        """Options to build the network with for these weights.

        Those of the network, then those that the registry of released weights lists for the mode (for example
        align_corners) or that the weights they start from have, then those of the weights in the configuration.
        """
        entry = self.config["networks"][network]
        chosen = entry["weights"][weights]
        released = {}
        if "registry" in chosen:
            checkpoint = self.released_weights(network, weights)
            released = checkpoint.network_options(as_published=self.config["mode"] == "as_published")
        elif start := self.start(network, weights):
            released = self.network_options(*start)
        return {**entry.get("options", {}), **released, **chosen.get("options", {})}

    def start(self, network: str, weights: str) -> tuple[str, str] | None:
        """Network and weights that these weights start from, if they are made here from others."""
        return start_of(self.config, network, weights)

    def released_weights(self, network: str, weights: str) -> WeightsEntry:
        """Where released weights come from, and what is known of them."""
        name = self.config["networks"][network]["weights"][weights]["registry"]
        return self._registry.entry(self.architecture(network), name)

    @cached_property
    def _registry(self) -> Registry:
        return load_registry(self.config["weights_registry"])

    def weights(self, network: str, wanted: Sequence[str]) -> str:
        """The first of the ``wanted`` weights names that the network has."""
        available = self.config["networks"][network]["weights"]
        for name in wanted:
            if name in available:
                return name
        raise SupError(
            f"config key networks.{network}.weights: none of {', '.join(wanted)} (there: {', '.join(available)})"
        )

    def evaluation_weights(self, dataset: str, network: str) -> str:
        """Weights with which ``network`` is evaluated on ``dataset``."""
        return self.weights(network, self.config["evaluation"]["datasets"][dataset]["weights"])

    # ---- perturbations -------------------------------------------------------------------------------------------

    @property
    def sources(self) -> list[str]:
        """Names of the sources of SUPs; by default the networks themselves, those that are only targets aside."""
        return list(self.config["sups"].get("sources") or (n for n in self.networks if not self.target_only(n)))

    def target_only(self, network: str) -> bool:
        """Whether a network is attacked with the SUPs of others only."""
        return bool(self.config["networks"][network].get("target_only"))

    def source(self, name: str) -> Source:
        """One source of SUPs with everything that is set for it."""
        sups = self.config["sups"]
        own = (sups.get("sources") or {}).get(name) or {}
        networks = source_networks(name, own)
        return Source(
            name=name,
            networks=networks,
            weights=tuple(self.weights(network, sups["weights"]) for network in networks),
            released=own.get("released"),
            settings=source_settings(sups, own),
            default_selection="best" if self.config["mode"] == "as_published" else "last",
        )

    def released_sup(self, source: Source, size: str, epsilon: float) -> Checkpoint:
        """Where a released perturbation comes from."""
        assert source.released is not None
        return self._registry.collection(source.released).checkpoint(
            self.architecture(source.networks[0]), size, epsilon
        )

    def sup_names(self, source: str) -> list[Name]:
        """All (size, epsilon, seed) of a source; for a control those of all sources together."""
        if source in CONTROLS:
            return list(dict.fromkeys(name for other in self.sources for name in self.source(other).grid))
        return self.source(source).grid

    # ---- checks --------------------------------------------------------------------------------------------------

    def _check_networks(self) -> None:
        kinds: dict[str, str] = {}
        for network, entry in self.config["networks"].items():
            for name, weights in entry["weights"].items():
                (kind,) = [k for k in WEIGHT_KINDS if k in weights]
                if kinds.setdefault(name, kind) != kind:
                    raise SupError(
                        f"config key networks.{network}.weights.{name}: is '{kind}' here but '{kinds[name]}' for "
                        "another network; give one of them another name"
                    )
                if kind == "registry":
                    self._registry.entry(self.architecture(network), weights["registry"])
                if kind in SECTIONS:
                    check_made_weights(self.config, network, name, kind)

    def _check_dataset_references(self) -> None:
        sups = self.config["sups"]
        self._check_split("sups.training", sups["training"])
        self._check_split("sups.validation", sups["validation"])
        for name, training in self.config.get("training", {}).items():
            for role in ("datasets", "validation"):
                for number, reference in enumerate(training[role]):
                    self._check_split(f"training.{name}.{role}[{number}]", reference)
        for name, recipe in self.config.get("finetuning", {}).items():
            self._check_finetuning(f"finetuning.{name}", recipe)
        for name, entry in self.config["evaluation"]["datasets"].items():
            self._check_split(f"evaluation.datasets.{name}", {"dataset": name, "split": entry["split"]})
            for network in entry.get("networks", []):
                if network not in self.networks:
                    known = ", ".join(self.networks)
                    raise SupError(
                        f"config key evaluation.datasets.{name}.networks: unknown network {network!r}; known: {known}"
                    )
            for network in self.targets(name):
                self.evaluation_weights(name, network)

    def _check_finetuning(self, key: str, recipe: Mapping[str, Any]) -> None:
        for number, reference in enumerate(recipe["datasets"]):
            self._check_split(f"{key}.datasets[{number}]", reference)
        self._check_split(f"{key}.validation", recipe["validation"])
        for source in recipe["sups"]["sources"]:
            if source not in self.sources:
                raise SupError(f"config key {key}.sups: unknown source {source!r}; known: {', '.join(self.sources)}")
        for size in recipe["sups"]["sizes"]:
            _check_tile(f"{key}.sups.sizes", size, tuple(self.config["image_size"]))

    def _check_split(self, key: str, reference: Mapping[str, Any]) -> None:
        datasets = self.config["datasets"]
        dataset, split = reference["dataset"], reference["split"]
        if dataset not in datasets:
            raise SupError(f"config key {key}: unknown data set {dataset!r}; known: {', '.join(datasets)}")
        if split not in datasets[dataset]["splits"]:
            known = ", ".join(datasets[dataset]["splits"])
            raise SupError(f"config key {key}: data set {dataset} has no split {split!r}; known: {known}")

    def _check_sups(self) -> None:
        image_size = tuple(self.config["image_size"])
        for size in self.config["sups"]["sizes"]:
            _check_tile("sups.sizes", size, image_size)
        if not self.sources:
            raise SupError("config key networks: every network is target_only; leave one to optimise SUPs on")
        for network in self.config["sups"].get("network_alpha", {}):
            if network not in self.networks:
                known = ", ".join(self.networks)
                raise SupError(f"config key sups.network_alpha: unknown network {network!r}; known: {known}")
        for name in self.sources:
            self._check_source(name, f"config key sups.sources.{name}")

    def _check_source(self, name: str, key: str) -> None:
        if name in (*CONTROLS, CLEAN):
            raise SupError(f"{key}: this name is taken by a control; choose another one")
        own = (self.config["sups"].get("sources") or {}).get(name) or {}
        for network in source_networks(name, own):
            if network not in self.networks:
                raise SupError(f"{key}: unknown network {network!r}; known: {', '.join(self.networks)}")
            if self.target_only(network) and "released" not in own:
                raise SupError(f"{key}: network {network} is target_only; choose another one")
        source = self.source(name)
        for size in own.get("sizes", []):
            _check_tile(f"sups.sources.{name}.sizes", size, tuple(self.config["image_size"]))
        last, steps = max(source.snapshots, default=0), source.settings.get("steps")
        if steps is not None and last > steps:
            raise SupError(f"{key}: the SUP is kept after step {last}, but there are {steps} steps; correct snapshots")
        if source.released is None:
            self._check_split(f"sups.sources.{name}.training", source.training)
        elif len(source.networks) > 1:
            raise SupError(f"{key}: released perturbations belong to one network; name just that one")
        else:
            self._registry.collection(source.released)


def _check_tile(key: str, size: str, image_size: tuple[int, int]) -> None:
    height, width = tile_size(size, image_size)
    if image_size[0] % height or image_size[1] % width:
        raise SupError(f"config key {key}: {size} does not divide the image_size {image_size[0]}x{image_size[1]}")


def tile_size(size: str, image_size: tuple[int, int]) -> tuple[int, int]:
    """(h, w) of ``tile64``, ``tile32x64`` or ``full``."""
    if size == "full":
        return image_size
    match = re.fullmatch(r"tile(\d+)(?:x(\d+))?", size)
    if match is None:
        raise SupError(f"config key sups.sizes: {size!r} is neither 'full' nor like 'tile64'")
    return int(match[1]), int(match[2] or match[1])
