"""Sampling efficiency: a network under its own SUP after more and more training samples (supplementary material)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from supcore.errors import SupError
from supcore.studies.base import COMMON_KEYS, PaperCell, Plan, Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.evaluation.conditions import Condition
    from supcore.evaluation.study_job import StudyJob
    from supcore.reporting.matrix import Matrix
    from supcore.sup_names import SupName


class SamplingEfficiency(Study):
    """Errors under the snapshots that the optimization of a SUP has kept."""

    keys = {name: COMMON_KEYS[name] for name in ("datasets", "sources")}
    required = ("sources",)
    labels = ("samples",)
    attack_file = "snapshots.safetensors"
    caption = (
        "D1 (%) of a network under its own SUP after more and more training samples, with 95 % intervals over images; "
        "dashed lines with open markers are the published values."
    )

    def check(self, plan: Plan) -> None:
        """Every source keeps snapshots."""
        super().check(plan)
        for source in self.settings["sources"]:
            if not plan.source(source).snapshots:
                raise SupError(
                    f"config key studies.{self.name}.sources: {source} keeps no snapshots; list steps in sups.snapshots"
                )

    def jobs(self, plan: Plan, dataset: str) -> list[str]:
        """Networks that one of the sources attacks alone."""
        return [network for network in self.networks(plan, dataset) if self.attacks(plan, network)]

    def attacks(self, plan: Plan, network: str) -> list[tuple[str, SupName]]:
        """The runs that attacked the network alone."""
        return [
            (source, name)
            for source, name in super().attacks(plan, network)
            if plan.source(source).networks == (network,)
        ]

    def looks(self, plan: Plan, network: str) -> int:
        """Every snapshot."""
        return sum(len(plan.source(source).snapshots) for source, _ in self.attacks(plan, network))

    def conditions(self, job: StudyJob) -> list[Condition]:
        """Every snapshot, named by the samples that the optimization had seen."""
        from supcore.attack.snapshots import load_snapshots
        from supcore.evaluation.conditions import Condition, universal

        return [
            Condition(
                *(sup.source, sup.size, sup.epsilon, str(sup.seed)),
                universal(snapshot.to(job.device)),
                {"samples": str(step * sup.batch)},
            )
            for sup in job.sups
            for step, snapshot in load_snapshots(sup.file).items()
        ]

    def asked(self, plan: Plan) -> Iterator[PaperCell]:
        """A network under every snapshot of its own SUP."""
        for dataset in self.datasets(plan):
            for target in self.networks(plan, dataset):
                for source, (size, epsilon, _) in self.attacks(plan, target):
                    batch = plan.source(source).attack["batch"]
                    for step in plan.source(source).snapshots:
                        condition = f"{step * batch} training samples"
                        yield PaperCell(condition, dataset, target, source, size, epsilon)

    def paper_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """All of them, by their number of samples."""
        return table.assign(condition=[f"{n} training samples" for n in table["samples"]])

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """D1 by number of samples and attacked network."""
        from supcore.reporting.attacks import GRID
        from supcore.reporting.matrix import HIGHEST_IN_COLUMN, Layout, arrange
        from supcore.reporting.selection import groups
        from supcore.sup_names import epsilon_text

        layout = Layout("samples", "source", ("training samples", "attacked network"), HIGHEST_IN_COLUMN)
        rows = shown.sort_values("samples", kind="stable").astype({"samples": str})
        for (_, _, size, epsilon), cells in groups(rows, GRID):
            bound = epsilon_text(epsilon)
            what = f"{size} SUPs, epsilon {bound}, white-box, during the optimization"
            yield arrange(cells, layout, f"samples-{size}-{bound}", what)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """D1 against the number of samples, one line per network, one panel per size and epsilon."""
        from supcore.reporting.labels import label, ordered
        from supcore.reporting.line_panels import line_panels, series_looks
        from supcore.reporting.selection import groups
        from supcore.sup_names import epsilon_text

        sources = ordered(shown["source"])
        panels = {
            f"{size} SUPs, ε = {epsilon_text(epsilon)}": {
                label(source): rows[rows["source"] == source] for source in sources if source in set(rows["source"])
            }
            for (size, epsilon), rows in groups(shown, ["size", "epsilon"])
        }
        looks = series_looks(map(label, sources))
        title = label(shown["dataset"].iloc[0])
        return line_panels(panels, looks, x="samples", x_label="training samples", metric="d1", title=title)
