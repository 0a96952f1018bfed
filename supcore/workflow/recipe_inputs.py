"""What trainings and fine-tunings of networks read and claim."""

from typing import Any

from supcore.sup_names import SupName, epsilon_text
from supcore.workflow import paths
from supcore.workflow.inputs import Files, Inputs
from supcore.workflow.recipes import SECTIONS


class RecipeInputs:
    """Input, params and resource functions of rules that train networks.

    Args:
        inputs: of the configuration.
        kind: ``train`` or ``finetune``.
    """

    def __init__(self, inputs: Inputs, kind: str) -> None:
        self.inputs, self.config, self.kind = inputs, inputs.config, kind

    def recipe(self, wildcards: Any) -> dict[str, Any]:
        """The recipe of a network's weights; a fine-tuning keeps the step that the mode asks for unless it says so."""
        weights = self.config["networks"][wildcards.network]["weights"][wildcards.weights]
        recipe: dict[str, Any] = self.config[SECTIONS[self.kind]][weights[self.kind]]
        kept = {"selection": self.inputs.settings.default_selection} if self.kind == "finetune" else {}
        return {**kept, **recipe}

    def files(self, wildcards: Any) -> Files:
        """Pairs to train on and to validate on, the weights to start from, and SUPs to perturb with."""
        recipe = self.recipe(wildcards)
        start = self.inputs.settings.start(wildcards.network, wildcards.weights)
        files: Files = {
            "training": [paths.manifest(s["dataset"], s["split"]) for s in recipe["datasets"]],
            "validation": [paths.manifest(s["dataset"], s["split"]) for s in self._validation(recipe)],
            "images": self.inputs.images(*recipe["datasets"], *self._validation(recipe)),
            "start": [] if start is None else paths.weights_file(*start),
        }
        if "sups" in recipe:
            files["sups"] = self._sups(recipe["sups"])
        return files

    def changes(self, wildcards: Any) -> list[Any]:
        """Param that re-runs the training when images change."""
        recipe = self.recipe(wildcards)
        return self.inputs.changes(*recipe["datasets"], *self._validation(recipe))

    def threads(self, wildcards: Any) -> int:
        """Processor cores, for its processes and for those that decode images for them."""
        processes: int = self.recipe(wildcards)["processes"]
        return processes * (self.config["threads"] + self.config["workers"])

    def gpus(self, wildcards: Any) -> int:
        """One per process, if a GPU is to be used."""
        processes: int = self.recipe(wildcards)["processes"]
        return processes if self.config["device"] == "cuda" else 0

    def memory(self, wildcards: Any, attempt: int) -> int:
        """Megabytes, of each process and of those that decode images for it."""
        processes: int = self.recipe(wildcards)["processes"]
        return attempt * processes * (8000 + 1000 * self.config["workers"])

    @staticmethod
    def _validation(recipe: dict[str, Any]) -> list[dict[str, str]]:
        validation = recipe["validation"]
        return validation if isinstance(validation, list) else [validation]

    def _sups(self, sups: dict[str, Any]) -> list[str]:
        return [
            self.inputs.sup(source, SupName(size, epsilon_text(epsilon), seed))
            for source in sups["sources"]
            for size in sups["sizes"]
            for epsilon in sups["epsilons"]
            for seed in sups["seeds"]
        ]
