"""The pipeline's configuration: checks beyond the schema, and the questions that the rules ask of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from supcore.download.registry import Registry, load_registry
from supcore.errors import SupError

SYNTHETIC = "synthetic"
FILE_LAYOUTS = ("kitti_raw", "kitti2012", "kitti2015", "flyingthings3d")
WEIGHT_KINDS = ("bundled", "registry", "train")
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
        """Names of the weights of one kind (bundled, registry, train), over all networks."""
        names = (n for net in self.config["networks"].values() for n, w in net["weights"].items() if kind in w)
        return sorted(set(names))

    @property
    def evaluated(self) -> list[str]:
        """Names of the data sets that results are reported on."""
        return list(self.config["evaluation"]["datasets"])

    def missing_roots(self) -> dict[str, str]:
        """Data sets whose root folder does not exist, with the root as configured."""
        roots = {n: str(self.config["datasets"][n].get("root", "")) for n in self.datasets(*FILE_LAYOUTS)}
        return {name: root for name, root in roots.items() if not (root and Path(root).is_dir())}

    # ---- networks and weights ------------------------------------------------------------------------------------

    def architecture(self, network: str) -> str:
        """Name in the library's registry of the network called ``network`` here."""
        return str(self.config["networks"][network].get("architecture", network))

    def network_options(self, network: str, weights: str) -> dict[str, Any]:
        """Options to build the network with for these weights.

        Those of the network, then those that the registry of released weights lists for the mode (for example
        align_corners), then those of the weights in the configuration.
        """
        entry = self.config["networks"][network]
        chosen = entry["weights"][weights]
        released = {}
        if "registry" in chosen:
            checkpoint = self._registry.entry(self.architecture(network), chosen["registry"])
            released = checkpoint.network_options(as_published=self.config["mode"] == "as_published")
        return {**entry.get("options", {}), **released, **chosen.get("options", {})}

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

    def sup_weights(self, source: str) -> str:
        """Weights of the source's network that its SUPs are optimised on."""
        return self.weights(self.source_network(source), self.config["sups"]["weights"])

    # ---- perturbations -------------------------------------------------------------------------------------------

    @property
    def sources(self) -> list[str]:
        """Names of the sources of SUPs; by default the networks themselves."""
        return list(self.config["sups"].get("sources") or self.networks)

    def source_network(self, source: str) -> str:
        """The network that the SUPs of ``source`` are optimised on."""
        return str(self._source(source).get("network", source))

    def source_training(self, source: str) -> dict[str, str]:
        """Data set and split that the SUPs of ``source`` are optimised on."""
        return dict(self._source(source).get("training") or self.config["sups"]["training"])

    def _source(self, source: str) -> Mapping[str, Any]:
        return (self.config["sups"].get("sources") or {}).get(source, {})

    def sup_names(self) -> list[tuple[str, str, int]]:
        """All (size, epsilon, seed) of the grid; epsilon as it stands in paths."""
        sups = self.config["sups"]
        return [
            (size, epsilon_text(epsilon), seed)
            for size in sups["sizes"]
            for epsilon in sups["epsilons"]
            for seed in sups["seeds"]
        ]

    def alpha(self, source: str, epsilon: float) -> float:
        """Step bound of the attack on the source's network: absolute, or a share of epsilon."""
        sups = self.config["sups"]
        if "alpha_of_epsilon" in sups:
            return float(sups["alpha_of_epsilon"]) * epsilon
        return float(sups.get("network_alpha", {}).get(self.source_network(source), sups["alpha"]))

    @property
    def selection(self) -> str:
        """Which SUP of a run is kept: ``best`` validation D1 (as published) or the ``last``."""
        default = "best" if self.config["mode"] == "as_published" else "last"
        return str(self.config["sups"].get("selection", default))

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
                if kind == "train" and weights["train"] not in self.config.get("training", {}):
                    raise SupError(
                        f"config key networks.{network}.weights.{name}.train: no training.{weights['train']}"
                    )

    def _check_dataset_references(self) -> None:
        sups = self.config["sups"]
        self._check_split("sups.training", sups["training"])
        self._check_split("sups.validation", sups["validation"])
        for name, training in self.config.get("training", {}).items():
            for role in ("datasets", "validation"):
                for number, reference in enumerate(training[role]):
                    self._check_split(f"training.{name}.{role}[{number}]", reference)
        for name, entry in self.config["evaluation"]["datasets"].items():
            self._check_split(f"evaluation.datasets.{name}", {"dataset": name, "split": entry["split"]})
            for network in self.networks:
                self.evaluation_weights(name, network)

    def _check_split(self, key: str, reference: Mapping[str, Any]) -> None:
        datasets = self.config["datasets"]
        dataset, split = reference["dataset"], reference["split"]
        if dataset not in datasets:
            raise SupError(f"config key {key}: unknown data set {dataset!r}; known: {', '.join(datasets)}")
        if split not in datasets[dataset]["splits"]:
            known = ", ".join(datasets[dataset]["splits"])
            raise SupError(f"config key {key}: data set {dataset} has no split {split!r}; known: {known}")

    def _check_sups(self) -> None:
        height, width = self.config["image_size"]
        for size in self.config["sups"]["sizes"]:
            h, w = tile_size(size, (height, width))
            if height % h or width % w:
                raise SupError(f"config key sups.sizes: {size} does not divide the image_size {height}x{width}")
        for source in self.sources:
            if source in (*CONTROLS, CLEAN):
                raise SupError(f"config key sups.sources.{source}: this name is taken by a control; choose another one")
            network, known = self.source_network(source), ", ".join(self.networks)
            if network not in self.networks:
                raise SupError(f"config key sups.sources.{source}: unknown network {network!r}; known: {known}")
            self._check_split(f"sups.sources.{source}.training", self.source_training(source))
            self.sup_weights(source)


def tile_size(size: str, image_size: tuple[int, int]) -> tuple[int, int]:
    """(h, w) of ``tile64``, ``tile32x64`` or ``full``."""
    if size == "full":
        return image_size
    match = re.fullmatch(r"tile(\d+)(?:x(\d+))?", size)
    if match is None:
        raise SupError(f"config key sups.sizes: {size!r} is neither 'full' nor like 'tile64'")
    return int(match[1]), int(match[2] or match[1])


def epsilon_text(epsilon: float) -> str:
    """Epsilon as it stands in paths and tables: the shortest decimal, no exponent."""
    return f"{epsilon:.10f}".rstrip("0").rstrip(".")
