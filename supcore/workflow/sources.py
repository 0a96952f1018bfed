"""Sources: what SUPs are optimized on, or where released ones come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from supcore.errors import SupError
from supcore.sup_names import SupName, epsilon_text

# What stands in place of a source in tables and paths: clean images, and random noise.
CLEAN = "none"
CONTROLS = ("noise",)

# In place of the networks, each a source by itself.
EACH_NETWORK = "each_network"

# Keys of `sups` that a source may set for itself.
OWN_KEYS = (
    "training",
    "sizes",
    "epsilons",
    "seeds",
    "step_rule",
    "alpha",
    "alpha_of_epsilon",
    "epsilon_alpha",
    "momentum",
    "batch",
    "steps",
    "store_clean",
    "checkpoint_every",
    "selection",
    "snapshots",
)
_STEP = ("alpha", "alpha_of_epsilon", "epsilon_alpha")
_ATTACK = ("batch", "steps", "step_rule", "momentum", "checkpoint_every")


@dataclass(frozen=True)
class Source:
    """One source of SUPs, with its own settings in place of the common ones.

    Attributes:
        name: as in tables and paths.
        networks: attacked together; usually one.
        weights: of each of the networks.
        released: collection of the registry that its perturbations are taken from; None to optimize them.
        settings: of the optimization.
        default_selection: which SUP of a run is kept unless the settings say so.
        target: shift or scale of the disparity that its SUPs lead to; None where they lead away from the clean one.
    """

    name: str
    networks: tuple[str, ...]
    weights: tuple[str, ...]
    released: str | None
    settings: Mapping[str, Any]
    default_selection: str
    target: Mapping[str, float] | None = None

    @property
    def folder(self) -> str:
        """Part of the paths that tells the weights."""
        return "-".join(dict.fromkeys(self.weights))

    @property
    def training(self) -> dict[str, str]:
        """Data set and split that the SUPs are optimized on."""
        return dict(self.settings["training"])

    @property
    def grid(self) -> list[SupName]:
        """All (size, epsilon, seed); epsilon as it stands in paths. Released perturbations have one seed, 0."""
        seeds = [0] if self.released else self.settings["seeds"]
        return [
            SupName(size, epsilon_text(epsilon), seed)
            for size in self.settings["sizes"]
            for epsilon in self.settings["epsilons"]
            for seed in seeds
        ]

    @property
    def attack(self) -> dict[str, Any]:
        """Options of the optimization that do not depend on epsilon."""
        common = {key: self.settings[key] for key in _ATTACK if key in self.settings}
        return common if self.target is None else {**common, "target": dict(self.target)}

    @property
    def store_clean(self) -> bool:
        """Whether the training pairs are predicted once for all SUPs, rather than in every step."""
        return bool(self.settings.get("store_clean"))

    @property
    def snapshots(self) -> list[int]:
        """Steps after which the tiles are kept beside the final ones."""
        return list(self.settings.get("snapshots", []))

    @property
    def selection(self) -> str:
        """Which SUP of a run is kept: ``best`` validation D1 (as published) or the ``last``."""
        return str(self.settings.get("selection", self.default_selection))

    def alpha(self, epsilon: float) -> float:
        """Step of the attack: of the first network, of this epsilon, as a share of it, or the common one."""
        by_network = self.settings.get("network_alpha", {})
        if self.networks[0] in by_network:
            return float(by_network[self.networks[0]])
        by_epsilon = {float(bound): alpha for bound, alpha in self.settings.get("epsilon_alpha", {}).items()}
        if epsilon in by_epsilon:
            return float(by_epsilon[epsilon])
        if "alpha_of_epsilon" in self.settings:
            return float(self.settings["alpha_of_epsilon"]) * epsilon
        return float(self.settings["alpha"])


def named_sources(given: Mapping[str, Any], networks: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The entries of ``sups.sources`` by name; first, in place of :data:`EACH_NETWORK`, the networks."""
    each = dict.fromkeys(networks, given[EACH_NETWORK]) if EACH_NETWORK in given else {}
    return {**each, **{name: own for name, own in given.items() if name != EACH_NETWORK}}


def source_settings(sups: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The common settings of all sources with those of one of them on top."""
    merged = {**sups, **{key: value for key, value in own.items() if key in OWN_KEYS}}
    replaced = {"network_alpha"} if "epsilon_alpha" in own else set()
    if "alpha" in own or "alpha_of_epsilon" in own:  # a step of its own replaces every other way to choose it
        replaced = {"network_alpha", *_STEP} - own.keys()
    return {key: value for key, value in merged.items() if key not in replaced}


def source_networks(name: str, own: Mapping[str, Any]) -> tuple[str, ...]:
    """The networks of a source: ``networks``, ``network``, or the one it is called after.

    Raises:
        SupError: both keys are given.
    """
    if "network" in own and "networks" in own:
        raise SupError(f"config key sups.sources.{name}: give network or networks, not both")
    return tuple(own.get("networks") or [own.get("network", name)])
