"""The studies beside the transfer table: which networks, data sets and perturbations each looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from supcore.errors import SupError
from supcore.workflow.checks import check_names
from supcore.workflow.settings import Settings
from supcore.workflow.sources import Name, epsilon_text

# Studies with records of their own, and how their files are called; and those that are views of the transfer table.
RECORD_STUDIES = {
    "corruptions": "corrupted",
    "classes": "classes",
    "sampling_efficiency": "snapshots",
    "per_image": "per-image",
}
TRANSFER_STUDIES = ("robust_design", "finetuning")
# Sizes of the SUPs: a study that needs no table of its own.
TILE_SIZES = "tile_sizes"


@dataclass(frozen=True)
class Studies:
    """The ``studies`` section of a configuration.

    Raises:
        SupError: a study names something that does not exist.
    """

    settings: Settings

    def __post_init__(self) -> None:
        for name in self.names:
            study, key = self.study(name), f"studies.{name}"
            networks = study.get("networks", self.settings.networks)
            check_names(f"{key}.datasets", "name", study.get("datasets", []), self.settings.evaluated)
            check_names(f"{key}.networks", "name", networks, self.settings.networks)
            check_names(f"{key}.sources", "name", study.get("sources", []), self.settings.sources)
            check_names(f"{key}.baseline", "name", [study["baseline"]] if "baseline" in study else [], networks)
            for names in study.get("designs", {}).values():
                check_names(f"{key}.designs", "name", names, self.settings.networks)
            pairs = study.get("finetuned", {}).items()
            check_names(f"{key}.finetuned", "name", (name for pair in pairs for name in pair), self.settings.networks)
        for source in self.study("sampling_efficiency").get("sources", []):
            if not self.settings.source(source).snapshots:
                raise SupError(
                    f"config key studies.sampling_efficiency.sources: {source} keeps no snapshots; list steps in "
                    "sups.snapshots"
                )
        attacked = self.study("per_image").get("sources", [])
        check_names("studies.per_image.sources", "network", attacked, self.settings.networks)
        for dataset in self.datasets("per_image"):
            for network in attacked:
                self.settings.evaluation_weights(dataset, network)
        for dataset in self.study("classes").get("datasets", []):
            entry = self.settings.config["datasets"][dataset]
            if entry["layout"] != "synthetic" and "segmentation" not in entry.get("layout_options", {}):
                raise SupError(
                    f"config key studies.classes.datasets: {dataset} has no class maps; set "
                    f"datasets.{dataset}.layout_options.segmentation"
                )

    @property
    def names(self) -> list[str]:
        """The studies that the configuration asks for; one whose sources a later file has emptied is not."""
        return [name for name, study in self.settings.config.get("studies", {}).items() if study.get("sources") != []]

    def study(self, name: str) -> dict[str, Any]:
        """The settings of a study; empty if it is not asked for."""
        return dict(self.settings.config.get("studies", {}).get(name, {}))

    def datasets(self, name: str) -> list[str]:
        """Data sets of a study: those that it lists, or all evaluated ones."""
        return list(self.study(name).get("datasets", self.settings.transfer_datasets))

    def targets(self, name: str, dataset: str) -> list[str]:
        """Networks that a study attacks on a data set."""
        wanted = self.study(name).get("networks", self.settings.networks)
        return [network for network in self.settings.targets(dataset) if network in wanted]

    def attacks(self, name: str) -> list[tuple[str, Name]]:
        """The sources of a study, each with its strongest SUP."""
        return [(source, self.strongest(source)) for source in self.study(name).get("sources", [])]

    def strongest(self, source: str) -> Name:
        """Size, epsilon and seed: the largest epsilon of the source's last size, its first seed."""
        grid = self.settings.sup_names(source)
        return max((name for name in grid if name[0] == grid[-1][0]), key=lambda name: float(name[1]))

    def epsilons(self, name: str) -> list[str]:
        """Epsilons of a study, as they stand in paths; by default those of the SUPs."""
        return [epsilon_text(e) for e in self.study(name).get("epsilons", self.settings.config["sups"]["epsilons"])]

    def finetuned(self) -> Mapping[str, str]:
        """Networks and their adversarially fine-tuned versions."""
        return dict(self.study("finetuning").get("finetuned", {}))
