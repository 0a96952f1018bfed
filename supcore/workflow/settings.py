"""The pipeline's configuration: the questions that the rules ask of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from supcore.data.layouts import MADE_LAYOUTS, find_layout
from supcore.data.pairing import is_readable_folder
from supcore.download.registry import Checkpoint, Registry, WeightsEntry, load_registry
from supcore.errors import SupError
from supcore.sup_names import SupName
from supcore.workflow.recipes import lineage, start_of
from supcore.workflow.sources import (
    CONTROLS,
    EACH_NETWORK,
    Source,
    named_sources,
    source_networks,
    source_settings,
)


@dataclass(frozen=True)
class Settings:
    """A configuration; :func:`supcore.workflow.checks.checked_settings` makes one whose values fit together.

    Args:
        config: the merged YAML configuration, already valid against ``config/config.schema.yaml``.
    """

    config: Mapping[str, Any]

    # ---- what there is -------------------------------------------------------------------------------------------

    @property
    def networks(self) -> list[str]:
        """Names of the networks, in the configuration's order."""
        return list(self.config["networks"])

    def datasets(self, *layouts: str) -> list[str]:
        """Names of the data sets that have one of these layouts."""
        return [name for name, d in self.config["datasets"].items() if d["layout"] in layouts]

    @property
    def datasets_on_disk(self) -> list[str]:
        """Names of the data sets that the workflow does not make itself."""
        made = self.datasets(*MADE_LAYOUTS)
        return [name for name in self.config["datasets"] if name not in made]

    def weight_names(self, kind: str) -> list[str]:
        """Names of the weights of one of the :data:`~supcore.workflow.recipes.WEIGHT_KINDS`, over all networks."""
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
                yield f"choosing released SUPs ({source.name})", self.registry.collection(source.released).chosen_on

    def layout_options(self, dataset: str) -> dict[str, Any]:
        """Options of a data set's layout: those that the mode switches on, then those that are set."""
        entry = self.config["datasets"][dataset]
        as_published = self.config["mode"] == "as_published" and dataset in self.datasets_on_disk
        published = find_layout(entry["layout"]).as_published if as_published else {}
        return {**published, **entry.get("layout_options", {})}

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

    def attacking(self, dataset: str) -> list[str]:
        """Names of the sources whose SUPs networks are evaluated under on a data set: all, or those that it lists."""
        wanted = self.config["evaluation"]["datasets"][dataset].get("sources")
        return self.sources if wanted is None else [source for source in self.sources if source in wanted]

    def missing_roots(self) -> dict[str, str]:
        """Data sets whose root folder does not exist or is not open to this user, with the root as configured."""
        roots = {n: str(self.config["datasets"][n].get("root", "")) for n in self.datasets_on_disk}
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

    def is_trained(self, network: str, weights: str) -> bool:
        """Whether weights are trained or fine-tuned here."""
        return bool({"train", "finetune"} & set(self.config["networks"][network]["weights"][weights]))

    def released_weights(self, network: str, weights: str) -> WeightsEntry:
        """Where released weights come from, and what is known of them."""
        name = self.config["networks"][network]["weights"][weights]["registry"]
        return self.registry.entry(self.architecture(network), name)

    @cached_property
    def registry(self) -> Registry:
        """The list of released files."""
        return load_registry(self.config["weights_registry"])

    def weights(self, network: str, wanted: Sequence[str], key: str) -> str:
        """The first of the ``wanted`` weights names that the network has; ``key`` is the one that asks for them."""
        available = self.config["networks"][network]["weights"]
        for name in wanted:
            if name in available:
                return name
        evaluated = {f"evaluation.datasets.{d}.weights": d for d in self.evaluated if network in self.targets(d)}
        asking = {name: self.config["evaluation"]["datasets"][d]["weights"] for name, d in evaluated.items()}
        lacking = [name for name, names in asking.items() if not {*names} & {*available}]
        raise SupError(
            f"config key {key}: none of {', '.join(wanted)} is in networks.{network}.weights, which has: "
            f"{', '.join(available)}; add one of these to {', '.join(dict.fromkeys([key, *lacking]))}"
        )

    def evaluation_weights(self, dataset: str, network: str) -> str:
        """Weights with which ``network`` is evaluated on ``dataset``."""
        wanted = self.config["evaluation"]["datasets"][dataset]["weights"]
        return self.weights(network, wanted, f"evaluation.datasets.{dataset}.weights")

    @property
    def default_selection(self) -> str:
        """Which step of an optimization or a fine-tuning is kept in this mode unless its own key says so."""
        return "best" if self.config["mode"] == "as_published" else "last"

    def weights_in_paths(self) -> str:
        """Regular expression of the weights in paths: those of the source, or of the data set and network, before."""
        folders = [(name, self.source(name).folder) for name in self.sources]
        folders += [(f"{d}/{n}", self.evaluation_weights(d, n)) for d in self.evaluated for n in self.targets(d)]
        folders += [("/".join(place), weights) for *place, weights in self.stored_predictions]
        return "|".join(f"(?<=/{re.escape(before)}/){re.escape(weights)}" for before, weights in folders)

    # ---- perturbations -------------------------------------------------------------------------------------------

    @property
    def sources(self) -> list[str]:
        """Names of the sources of SUPs."""
        return list(self.own_keys)

    @cached_property
    def own_keys(self) -> dict[str, Mapping[str, Any]]:
        """What each source of SUPs sets for itself."""
        attacked = [name for name in self.networks if not self.target_only(name)]
        return named_sources(self.config["sups"].get("sources", {EACH_NETWORK: {}}), attacked)

    def target_only(self, network: str) -> bool:
        """Whether a network is attacked with the SUPs of others only."""
        return bool(self.config["networks"][network].get("target_only"))

    def source(self, name: str) -> Source:
        """One source of SUPs with everything that is set for it."""
        sups = self.config["sups"]
        own = self.own_keys[name]
        networks = source_networks(name, own)
        return Source(
            name=name,
            networks=networks,
            weights=tuple(self.weights(network, sups["weights"], "sups.weights") for network in networks),
            released=own.get("released"),
            settings=source_settings(sups, own),
            default_selection=self.default_selection,
            target=own.get("target"),
        )

    def made_sources(self, *, released: bool) -> list[str]:
        """Sources whose SUPs are released ones, or are optimized here."""
        return [name for name in self.sources if bool(self.source(name).released) == released]

    @property
    def stored_predictions(self) -> list[tuple[str, str, str, str]]:
        """Data set, split, network and weights of all clean predictions of training pairs that are stored."""
        return list(
            dict.fromkeys(
                (source.training["dataset"], source.training["split"], network, weights)
                for source in map(self.source, self.made_sources(released=False))
                if source.store_clean
                for network, weights in zip(source.networks, source.weights, strict=True)
            )
        )

    def released_sup(self, source: Source, size: str, epsilon: float) -> Checkpoint:
        """Where a released perturbation comes from."""
        assert source.released is not None
        return self.registry.collection(source.released).checkpoint(
            self.architecture(source.networks[0]), size, epsilon
        )

    def sup_names(self, source: str) -> list[SupName]:
        """All (size, epsilon, seed) of a source; for a control those of all sources together."""
        if source in CONTROLS:
            return list(dict.fromkeys(name for other in self.sources for name in self.source(other).grid))
        return self.source(source).grid

    def strongest(self, source: str) -> SupName:
        """The SUP of a source with the largest epsilon, of its last size and first seed."""
        grid = self.sup_names(source)
        return max((name for name in grid if name.size == grid[-1].size), key=lambda name: float(name.epsilon))
