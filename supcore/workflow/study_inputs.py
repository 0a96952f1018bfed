"""What the jobs of studies read: evaluations, tables and figures."""

from collections.abc import Iterator
from typing import Any

from supcore.studies import Drawing, Study
from supcore.workflow import paths
from supcore.workflow.inputs import Files, Inputs
from supcore.workflow.sources import CONTROLS
from supcore.workflow.studies import Studies


class StudyInputs:
    """Input and params functions of the rules that evaluate, tabulate and draw studies."""

    def __init__(self, inputs: Inputs, studies: Studies) -> None:
        self.inputs, self.settings, self.studies = inputs, inputs.settings, studies

    def study(self, wildcards: Any) -> Study:
        """The study of the wildcards, or that of their figure."""
        if hasattr(wildcards, "study"):
            return self.studies[wildcards.study]
        return self.studies.figures[wildcards.figure][0]

    def name(self, wildcards: Any) -> str:
        """Its name."""
        return self.study(wildcards).name

    def options(self, wildcards: Any) -> dict[str, Any]:
        """Its settings."""
        return dict(self.study(wildcards).settings)

    # ---- evaluation --------------------------------------------------------------------------------------------------

    def targets(self, wildcards: Any) -> list[str]:
        """Names of the networks that a job evaluates."""
        return self.study(wildcards).evaluated_by(self.settings, wildcards.dataset, wildcards.network)

    def target_specs(self, wildcards: Any) -> list[dict[str, Any]]:
        """What a script needs to build them, in the same order."""
        return [self.inputs.evaluated_spec(wildcards.dataset, name) for name in self.targets(wildcards)]

    def target_files(self, wildcards: Any) -> Files:
        """Their weights and predictions, and the SUPs that they are attacked with."""
        dataset, targets = wildcards.dataset, self.targets(wildcards)
        file = self.study(wildcards).attack_file
        return {
            "targets": [self.inputs.evaluated_weights(dataset, name) for name in targets],
            "predictions": [self.inputs.evaluation(dataset, name, "clean_predictions.npy") for name in targets],
            "sups": [self.inputs.sup(source, name, file) for source, name in self._attacks(wildcards)],
        }

    def sups(self, wildcards: Any) -> list[list[Any]]:
        """Source, size, epsilon, seed and batch of each of the SUPs, in the same order."""
        return [
            [source, *name, self.settings.source(source).attack["batch"]] for source, name in self._attacks(wildcards)
        ]

    def _attacks(self, wildcards: Any) -> list[tuple[str, Any]]:
        return self.study(wildcards).attacks(self.settings, wildcards.network)

    # ---- tables and figures ------------------------------------------------------------------------------------------

    def table_files(self, wildcards: Any) -> Files:
        """Records of a study, and the tables that it reads."""
        study = self.study(wildcards)
        return {
            "records": list(self.transfer_records() if study.name == "transfer" else self._records(study)),
            "reads": [paths.table(name) for name in study.reads],
            "overlap": [paths.table("overlap")] if study.name == "transfer" else [],
        }

    def figure_files(self, wildcards: Any) -> Files:
        """The table of a study, and the tables that it reads."""
        study = self.study(wildcards)
        return {"table": paths.table(study.name), "reads": [paths.table(name) for name in study.reads]}

    def reads(self, wildcards: Any) -> list[tuple[str, dict[str, Any]]]:
        """Name and settings of the studies whose tables it reads."""
        return [(name, dict(self.studies[name].settings)) for name in self.study(wildcards).reads]

    def drawing(self, wildcards: Any) -> Drawing:
        """What a figure shows."""
        return self.studies.figures[wildcards.figure][1]

    def drawing_options(self, wildcards: Any) -> dict[str, Any]:
        """What it is drawn with."""
        return dict(self.drawing(wildcards).options)

    def caption(self, wildcards: Any) -> str:
        """Caption of a figure in the report."""
        return self.drawing(wildcards).caption

    def category(self, wildcards: Any) -> str:
        """Category of a study's results in the report."""
        return self.study(wildcards).category

    def figure_labels(self, wildcards: Any) -> dict[str, str]:
        """How a figure is listed in the report."""
        return dict(self.drawing(wildcards).labels)

    def table_labels(self, wildcards: Any) -> dict[str, str]:
        """How a printed table is listed in the report."""
        study = self.study(wildcards)
        return dict(study.table_labels) or {"study": study.name, "shown": "table"}

    def transfer_records(self) -> Iterator[str]:
        """Per-image records behind the transfer table."""
        for dataset in self.settings.transfer_datasets:
            sources = (*self.settings.attacking(dataset), *CONTROLS)
            files = ["clean.csv", *(f"from-{source}.csv" for source in sources)]
            for network in self.settings.targets(dataset):
                yield from (self.inputs.evaluation(dataset, network, file) for file in files)

    def _records(self, study: Study) -> Iterator[str]:
        if study.evaluates:
            for dataset in study.datasets(self.settings):
                for network in study.jobs(self.settings, dataset):
                    yield self.inputs.evaluation(dataset, network, f"{study.name}.csv")
