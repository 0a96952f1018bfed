"""Which results a configuration asks for: tables, figures and pages, and what is known of how they were made."""

from collections.abc import Sequence
from typing import Any

from supcore.workflow import paths
from supcore.workflow.inputs import Inputs
from supcore.workflow.network_family import network_family
from supcore.workflow.study_inputs import StudyInputs

CURVES = ("sup_curves", "training_curves")


class Results:
    """The files of ``rule all`` and of the pages.

    Args:
        study_inputs: of the configuration.
        plots: the paper's plots of its data sets.
    """

    def __init__(self, study_inputs: StudyInputs, plots: Sequence[str]) -> None:
        self.inputs: Inputs = study_inputs.inputs
        self.settings, self.studies = study_inputs.settings, study_inputs.studies
        self.study_inputs, self.plots = study_inputs, plots

    # ---- tables and figures ------------------------------------------------------------------------------------------

    def tables(self) -> list[str]:
        """Every table, printed ones too."""
        printed = [paths.table(name, suffix) for name in self.studies.names for suffix in ("csv", "md", "tex")]
        return [*printed, paths.table("paper_comparison")]

    def asked(self) -> list[list[str]]:
        """What the studies measure, as the paper would name it: see :class:`supcore.studies.PaperCell`."""
        cells = (cell for study in self.studies for cell in study.asked(self.settings))
        return sorted(list(cell) for cell in set(cells))

    def figure_names(self) -> list[str]:
        """Every figure that has a provenance of its own."""
        curves = [name for name in CURVES if self.histories(name)]
        return [*self.studies.figures, *(self.scene(*scene) for scene in self.scenes()), *curves, "paper_summary"]

    def figures(self) -> list[str]:
        """The files of every figure."""
        worst = [f"{self.scene(*scene)}_worst" for scene in self.scenes()]
        names = [*self.figure_names(), *worst, *(f"paper/{plot}" for plot in self.plots)]
        return [*(paths.figure(name, suffix) for name in names for suffix in ("pdf", "png")), *self.previews()]

    def previews(self) -> list[str]:
        """A picture of the strongest SUP of every source; those of others are made on demand."""
        return [
            self.inputs.sup(source, self.settings.strongest(source), "preview.png") for source in self.settings.sources
        ]

    def everything(self) -> list[str]:
        """Tables and figures."""
        return [*self.tables(), *self.figures()]

    def scenes(self) -> list[tuple[str, str]]:
        """Data set and source of every scene that is drawn: the source's first network is evaluated there."""
        return [
            (dataset, source)
            for dataset in self.settings.transfer_datasets
            for source in self.settings.attacking(dataset)
            if self.settings.source(source).networks[0] in self.settings.targets(dataset)
        ]

    def scene(self, dataset: str, source: str) -> str:
        """The figure of a scene."""
        return f"scene_{dataset}_{self.settings.source(source).networks[0]}_from_{source}"

    # ---- how things were made ----------------------------------------------------------------------------------------

    def histories(self, curves: str) -> dict[tuple[str, ...], str]:
        """Histories of the strongest SUPs that are optimized here, or of the weights that are trained here."""
        if curves == "sup_curves":
            return {
                (source,): self.inputs.sup(source, self.settings.strongest(source), "history.csv")
                for source in self.settings.made_sources(released=False)
            }
        trained = (pair for pair in self.used_weights() if self.settings.is_trained(*pair))
        return {pair: f"{paths.SHARED}/weights/{'/'.join(pair)}.csv" for pair in trained}

    def used_weights(self) -> list[tuple[str, str]]:
        """Network and weights of everything that is evaluated or attacked."""
        settings = self.settings
        used = [(n, settings.evaluation_weights(d, n)) for d in settings.evaluated for n in settings.targets(d)]
        for source in map(settings.source, settings.sources):
            used += zip(source.networks, source.weights, strict=True)
        return list(dict.fromkeys(used))

    def provenance(self) -> list[str]:
        """Provenance of the tables, of everything behind the transfer table, and of the figures."""
        sups = [self.inputs.sup(s, name) for s in self.settings.sources for name in self.settings.sup_names(s)]
        weights = [paths.weights_file(*pair) for pair in self.used_weights()]
        figures = [paths.figure(name, "json") for name in self.figure_names()]
        behind = {paths.provenance(file) for file in (*self.study_inputs.transfer_records(), *weights, *sups)}
        return [*sorted(behind), *figures, paths.table("transfer", "json")]

    def shared(self) -> list[str]:
        """What is shared of a run: tables, figures, pages, SUPs and all provenance; neither images nor weights."""
        sups = [self.inputs.sup(s, name) for s in self.settings.sources for name in self.settings.sup_names(s)]
        pages = [f"{paths.RESULTS}/{name}" for name in ("index.html", "leaderboard.html", "provenance.json")]
        return list(dict.fromkeys([*self.everything(), *pages, *sups, *self.provenance()]))

    def reported_manifests(self) -> dict[str, str]:
        """Manifests that results are reported on, by data set and split."""
        splits = map(self.inputs.reported, self.settings.evaluated)
        return {f"{s['dataset']}/{s['split']}": paths.manifest(s["dataset"], s["split"]) for s in splits}

    def manifests_by_role(self) -> dict[str, str]:
        """Manifests of everything that sees pairs before the evaluation does, by what it uses them for."""
        config, uses = self.settings.config, []
        for source in map(self.settings.source, self.settings.made_sources(released=False)):
            uses.append(("optimizing SUPs", source.training))
            if source.selection == "best":
                uses.append(("selecting SUPs", config["sups"]["validation"]))
        for section, role in (("training", "training networks"), ("finetuning", "fine-tuning networks")):
            for recipe in self.settings.used_recipes(section):
                uses += [(role, split) for split in config[section][recipe]["datasets"]]
        for recipe in map(config.get("finetuning", {}).get, self.settings.used_recipes("finetuning")):
            if recipe.get("selection", self.settings.default_selection) == "best":
                uses.append(("selecting fine-tuned weights", recipe["validation"]))
        splits = {(role, s["dataset"], s["split"]): None for role, s in uses}
        return {f"{role} ({dataset}/{split})": paths.manifest(dataset, split) for role, dataset, split in splits}

    # ---- the landing page --------------------------------------------------------------------------------------------

    def attacked(self) -> dict[str, tuple[str, ...]]:
        """The networks that the SUPs of each source are optimized on."""
        return {name: self.settings.source(name).networks for name in self.settings.sources}

    def families(self) -> dict[str, str | None]:
        """How each network finds matches, if its class says so."""
        return {name: network_family(self.settings.architecture(name)) for name in self.settings.networks}

    def featured(self) -> dict[str, Any]:
        """The scene and the SUP of the landing page: photographs before rendered scenes, the first source."""
        rendered = self.settings.datasets("synthetic")
        found = sorted(self.scenes(), key=lambda scene: scene[0] in rendered)
        if not found:
            return {}
        dataset, source = found[0]
        return {"dataset": dataset, "source": source, "name": tuple(self.settings.strongest(source))}

    def featured_files(self) -> dict[str, Any]:
        """Files of the landing page that only a featured SUP has."""
        chosen = self.featured()
        if not chosen:
            return {file: [] for file in ("clean", "attacked", "preview", "scene", "worst")}
        dataset, source = chosen["dataset"], chosen["source"]
        network, figure = self.settings.source(source).networks[0], self.scene(dataset, source)
        return {
            "clean": self.inputs.evaluation(dataset, network, "clean.csv"),
            "attacked": self.inputs.evaluation(dataset, network, f"from-{source}.csv"),
            "preview": self.inputs.sup(source, self.settings.strongest(source), "preview.png"),
            "scene": paths.figure(figure),
            "worst": paths.figure(f"{figure}_worst"),
        }

    def resisting(self) -> list[str]:
        """One figure about what resists of each study, of the featured data set if there is one of it."""
        dataset = self.featured().get("dataset", self.settings.transfer_datasets[0])
        chosen: dict[str, str] = {}
        for name, (study, drawing) in self.studies.figures.items():
            if drawing.resists and (study.name not in chosen or drawing.options.get("dataset") == dataset):
                chosen[study.name] = name
        return list(chosen.values()) or ["transfer_bars"]

    def resisting_captions(self) -> list[tuple[str, str]]:
        """Study and caption of each of them."""
        figures = (self.studies.figures[name] for name in self.resisting())
        return [(study.name, drawing.caption) for study, drawing in figures]

    def linked(self, folder: str, suffix: str) -> list[str]:
        """Results of one kind that the landing page links to, relative to it."""
        wanted = [*self.everything(), paths.table("overlap")]
        inside = [path.removeprefix(f"{paths.RESULTS}/") for path in wanted]
        return [p for p in inside if p.startswith(folder) and p.endswith(suffix)]
