"""What jobs read: input functions of the rules, most of them of a job's wildcards."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supcore.data.contents import changed_contents
from supcore.data.indexing import names_digest
from supcore.data.kitti import class_map
from supcore.download.registry import Checkpoint, WeightsEntry
from supcore.import_paths import is_import_path
from supcore.sup_names import SupName
from supcore.workflow import paths
from supcore.workflow.code_hash import module_hash, network_hash
from supcore.workflow.own_files import file_content
from supcore.workflow.settings import Settings
from supcore.workflow.sources import CONTROLS

Split = Mapping[str, str]
Files = dict[str, Any]


class Inputs:
    """Input and params functions for the networks, pairs and SUPs of a configuration.

    Args:
        settings: the configuration.
        shared: folder of data, weights and SUPs, as params need it.
        class_maps: folder of the SUP authors' class maps.
    """

    def __init__(self, settings: Settings, shared: str, class_maps: str) -> None:
        self.settings, self.config = settings, settings.config
        self.shared, self.maps = shared, class_maps

    # ---- pairs -------------------------------------------------------------------------------------------------------

    def pairs(self, split: Split, prefix: str = "") -> Files:
        """The pairs of a split: manifest, and folder of rendered images."""
        manifest = paths.manifest(split["dataset"], split["split"])
        return {prefix + "manifest": manifest, prefix + "images": self.images(split)}

    def cache(self, wildcards: Any) -> str:
        """Cache of the reported split's resized pairs: an empty folder where none is asked for."""
        return paths.cache(**self.reported(wildcards.dataset))

    def training_cache(self, wildcards: Any) -> str:
        """Cache of the pairs that a SUP is optimized on."""
        return paths.cache(**self.settings.source(wildcards.source).training)

    def validation_cache(self, wildcards: Any) -> str:
        """Cache of the pairs that it is validated on."""
        return paths.cache(**self.config["sups"]["validation"])

    def images(self, *splits: Split) -> list[str]:
        """Folders of the images of splits, as far as the workflow makes them."""
        made = [s for s in splits if s["dataset"] not in self.settings.datasets_on_disk]
        return [f"{paths.SHARED}/data/{s['dataset']}/{s['split']}" for s in made]

    def changes(self, *splits: Split) -> list[Any]:
        """Param that re-runs jobs when the files of a split's pairs are no longer those that were listed."""
        found = [changed_contents(f"{self.shared}/manifests/{s['dataset']}/{s['split']}.csv") for s in splits]
        return [change for change in found if change]

    def reported(self, dataset: str) -> dict[str, str]:
        """The reported split of a data set."""
        return {"dataset": dataset, "split": self.config["evaluation"]["datasets"][dataset]["split"]}

    def dataset(self, wildcards: Any) -> Mapping[str, Any]:
        """The configuration of the data set."""
        entry: Mapping[str, Any] = self.config["datasets"][wildcards.dataset]
        return entry

    def rendered_split(self, wildcards: Any) -> dict[str, Any]:
        """The configuration of one split, with the data set's own size or the common one."""
        entry = self.dataset(wildcards)
        chosen = entry["splits"][wildcards.split]
        own = chosen if isinstance(chosen, dict) else {"count": chosen}
        size = entry.get("image_size", self.config["image_size"])
        return {"image_size": size, "max_disparity": entry.get("max_disparity"), **own}

    def names(self, wildcards: Any) -> str:
        """Hash of the names of a data set's images: a manifest is made anew when pairs are added or removed."""
        entry = self.dataset(wildcards)
        return names_digest(entry["layout"], entry["root"], **entry.get("layout_options", {}))

    def excluded(self, wildcards: Any) -> str | None:
        """Hash of the list of pairs to leave out; None without one."""
        path = self.dataset(wildcards).get("exclude")
        return path and file_content(path)

    def layout_code(self, wildcards: Any) -> str | None:
        """Hash of the code of a layout from elsewhere; that of the library's is part of the script's."""
        layout = self.dataset(wildcards)["layout"]
        return module_hash(layout) if is_import_path(layout) else None

    def class_maps(self, wildcards: Any) -> str | list[str]:
        """The folder of the authors' class maps where the data set's pattern leads into it, else none."""
        entry = self.dataset(wildcards)
        pattern = entry.get("layout_options", {}).get("segmentation")
        if pattern is None:
            return []
        example = class_map(Path(entry.get("root", "")), pattern)(Path("000000_10.png"))
        return self.maps if example.absolute().is_relative_to(Path(self.maps).absolute()) else []

    # ---- networks ----------------------------------------------------------------------------------------------------

    def spec(self, network: str, weights: str) -> dict[str, Any]:
        """What a script needs to build a network; hashes of its code, and of a program's files, re-run its jobs."""
        architecture = self.settings.architecture(network)
        options = dict(sorted(self.settings.network_options(network, weights).items()))
        program = [content for word in options.get("command", []) if (content := file_content(str(word)))]
        return {
            "precision": self.config["precision"],
            "architecture": architecture,
            "options": options,
            "code": network_hash(architecture),
            **({"program": program} if program else {}),
        }

    def evaluated_spec(self, dataset: str, network: str) -> dict[str, Any]:
        """The same, with the weights that are evaluated on a data set."""
        return self.spec(network, self.settings.evaluation_weights(dataset, network))

    def network_spec(self, wildcards: Any) -> dict[str, Any]:
        """The network of the wildcards: with their weights, or those that are evaluated on their data set."""
        if hasattr(wildcards, "weights"):
            return self.spec(wildcards.network, wildcards.weights)
        return self.evaluated_spec(wildcards.dataset, wildcards.network)

    def bundled(self, wildcards: Any) -> str:
        """The file of bundled weights."""
        return str(self._weights(wildcards)["bundled"])

    def reading(self, wildcards: Any) -> dict[str, str]:
        """How it is read, if not as the library's own files are."""
        entry = self._weights(wildcards)
        return {name: entry[name] for name in ("key", "prefix") if name in entry}

    def released(self, wildcards: Any) -> WeightsEntry:
        """What the registry says of released weights."""
        return self.settings.released_weights(wildcards.network, wildcards.weights)

    def released_entry(self, wildcards: Any) -> str:
        """Their name in the registry."""
        return str(self._weights(wildcards)["registry"])

    def _weights(self, wildcards: Any) -> Mapping[str, Any]:
        entry: Mapping[str, Any] = self.config["networks"][wildcards.network]["weights"][wildcards.weights]
        return entry

    # ---- SUPs --------------------------------------------------------------------------------------------------------

    def attacked_weights(self, wildcards: Any) -> list[str]:
        """Weights of every network that the source attacks."""
        source = self.settings.source(wildcards.source)
        return [paths.weights_file(*pair) for pair in zip(source.networks, source.weights, strict=True)]

    def attacked_specs(self, wildcards: Any) -> list[dict[str, Any]]:
        """What a script needs to build them, in the same order."""
        source = self.settings.source(wildcards.source)
        return [self.spec(*pair) for pair in zip(source.networks, source.weights, strict=True)]

    def attacked_clean(self, wildcards: Any) -> list[str]:
        """Their clean predictions of the training pairs, where these are stored."""
        source = self.settings.source(wildcards.source)
        if not source.store_clean:
            return []
        pairs = source.training["dataset"], source.training["split"]
        return [paths.clean_predictions(*pairs, *pair) for pair in zip(source.networks, source.weights, strict=True)]

    def predicted(self, wildcards: Any) -> Files:
        """Weights of the network and pairs of the split in the wildcards."""
        pairs = self.pairs({"dataset": wildcards.dataset, "split": wildcards.split})
        return {"weights": paths.weights_file(wildcards.network, wildcards.weights), **pairs}

    def attack_pairs(self, wildcards: Any) -> Files:
        """Pairs that a SUP is optimized on, and those that it is validated on."""
        training = self.pairs(self.settings.source(wildcards.source).training, "training_")
        return training | self.pairs(self.config["sups"]["validation"], "validation_")

    def attack_changes(self, wildcards: Any) -> list[Any]:
        """See :meth:`changes`."""
        return self.changes(self.settings.source(wildcards.source).training, self.config["sups"]["validation"])

    def attack(self, wildcards: Any) -> dict[str, Any]:
        """Options of the optimization."""
        source = self.settings.source(wildcards.source)
        return {
            **source.attack,
            "alpha": source.alpha(float(wildcards.epsilon)),
            "selection": source.selection,
            "snapshot_steps": source.snapshots,
        }

    def sup(self, source: str, name: Any, file: str = "sup.safetensors") -> str:
        """A SUP of a source."""
        return paths.sup_file(source, self.settings.source(source).folder, name, file)

    def grid(self, source: str) -> list[Any]:
        """Names of all SUPs of a source; for a control those of all sources together.

        Sorted, because the order in which a configuration lists them decides no result.
        """
        return sorted(self.settings.sup_names(source), key=lambda name: (name.size, float(name.epsilon), name.seed))

    def sups(self, wildcards: Any) -> list[str]:
        """Every SUP of the source; none for the noise control."""
        source = wildcards.source
        return [] if source in CONTROLS else [self.sup(source, name) for name in self.grid(source)]

    def saved_sup(self, wildcards: Any) -> str | list[str]:
        """The SUP whose outputs are saved; none for the noise control."""
        if wildcards.source in CONTROLS:
            return []
        return self.sup(wildcards.source, SupName(wildcards.size, wildcards.epsilon, wildcards.seed))

    def cells(self, wildcards: Any) -> str:
        """Where the records of single perturbations are kept for further grids."""
        place = (wildcards.dataset, wildcards.network, wildcards.weights, wildcards.source)
        return f"{self.shared}/cells/{'/'.join(place)}"

    def released_sup(self, wildcards: Any) -> Checkpoint:
        """What the registry says of a released SUP."""
        source = self.settings.source(wildcards.source)
        return self.settings.released_sup(source, wildcards.size, float(wildcards.epsilon))

    # ---- evaluation --------------------------------------------------------------------------------------------------

    def evaluated_weights(self, dataset: str, network: str) -> str:
        """Weights of a network on a data set."""
        return paths.weights_file(network, self.settings.evaluation_weights(dataset, network))

    def evaluation(self, dataset: str, network: str, file: str) -> str:
        """A file of the evaluation of a network on a data set."""
        return paths.evaluation(dataset, network, self.settings.evaluation_weights(dataset, network), file)

    def network_and_pairs(self, wildcards: Any) -> Files:
        """Weights of the network and pairs of the reported split."""
        pairs = self.pairs(self.reported(wildcards.dataset))
        return {"weights": self.evaluated_weights(wildcards.dataset, wildcards.network), **pairs}

    def reported_changes(self, wildcards: Any) -> list[Any]:
        """See :meth:`changes`."""
        return self.changes(self.reported(wildcards.dataset))

    def strongest(self, wildcards: Any) -> Files:
        """The strongest SUP of the source, the network's predictions, and its records with and without the SUP."""
        dataset, network, source = wildcards.dataset, wildcards.network, wildcards.source
        files = {"clean": "clean.csv", "attacked": f"from-{source}.csv", "predictions": "clean_predictions.npy"}
        found = {name: self.evaluation(dataset, network, file) for name, file in files.items()}
        return {**found, "sup": self.sup(source, self.settings.strongest(source))}
