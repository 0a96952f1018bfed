"""Transfer: every network under the SUPs of every source, the paper's main experiment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from supcore.studies.base import Drawing, PaperCell, Plan, Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.reporting.matrix import Matrix
    from supcore.reporting.published import PublishedResults


class Transfer(Study):
    """Every network under the SUPs of every source: the transfer table.

    Its records are made by rules of their own, one job per network and source.
    """

    keys = {}
    evaluates = False
    category = "Transfer"
    table_labels = {"figure": "table (Markdown)"}

    @classmethod
    def settings_in(cls, name: str, plan: Plan) -> Mapping[str, Any] | None:
        """Every configuration has it."""
        return {}

    def figures(self, plan: Plan) -> dict[str, Drawing]:
        """Bars, a heat map against each reference, and error against epsilon where there are several."""
        figures = {"transfer_bars": Drawing(_BARS, {"figure": "bars"}, {"kind": "bars"})}
        for reference in ("ground_truth", "clean"):
            options = {"kind": "heatmap", "reference": reference}
            figures[f"transfer_heatmap_{reference}"] = Drawing(
                _HEATMAP, {"figure": f"heat map against {reference}"}, options
            )
        if len(plan.config["sups"]["epsilons"]) > 1:
            for dataset in plan.transfer_datasets:
                labels = {"figure": f"error against epsilon, {dataset}"}
                options = {"kind": "epsilon", "dataset": dataset}
                figures[f"error_against_epsilon_{dataset}"] = Drawing(_EPSILON, labels, options, resists=True)
        return figures

    def table(
        self, records: Sequence[str], tables: Mapping[str, pd.DataFrame], published: PublishedResults, seed: int
    ) -> pd.DataFrame:
        """One row per data set, attacked network, source, size, epsilon, seed and reference, beside the paper's."""
        from supcore.reporting.summary import read_records
        from supcore.reporting.transfer import transfer_table

        return transfer_table(read_records(records), published, seed=seed)

    def columns(self) -> list[str]:
        """Those of the transfer table."""
        from supcore.reporting.transfer import COLUMNS

        return COLUMNS

    def asked(self, plan: Plan) -> Iterator[PaperCell]:
        """Every network on clean images and under the SUPs of every source."""
        for dataset in plan.transfer_datasets:
            for target in plan.targets(dataset):
                yield PaperCell("", dataset, target)
                for source in plan.attacking(dataset):
                    for size, epsilon, _ in plan.sup_names(source):
                        yield PaperCell("", dataset, target, source, size, epsilon)

    def paper_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Plain evaluations of networks as released."""
        return table.assign(condition="")

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """Source against attacked network: D1, then what else the configuration asks for."""
        from supcore.metric_names import asked_metrics
        from supcore.reporting.transfer_matrix import transfer_matrices

        for metric in ("d1", *asked_metrics(shown, "_mean")):
            yield from transfer_matrices(shown, metric)

    def shown(
        self, table: pd.DataFrame, tables: Mapping[str, pd.DataFrame], published: PublishedResults
    ) -> pd.DataFrame:
        """The table as it is; the paper's numbers stand in it."""
        return table

    def draw(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame], **options: Any) -> Figure:
        """Bars, heat map or curves."""
        if options["kind"] == "bars":
            from supcore.reporting.bars import transfer_bars

            return transfer_bars(shown)
        if options["kind"] == "heatmap":
            from supcore.reporting.heatmap import transfer_heatmap

            return transfer_heatmap(shown, options["reference"])
        from supcore.reporting.curves import error_against_epsilon

        return error_against_epsilon(shown, options["dataset"])


_BARS = (
    "D1 (%) of every attacked network on clean images, under random noise and under SUPs of the same size and epsilon, "
    "with 95 % bootstrap intervals of the mean over images."
)
_HEATMAP = (
    "D1 (%) of each attacked network (column) under perturbations from each source (row), mean over images, at the "
    "strongest setting of the grid. The first rows are the controls; outlined cells are white-box attacks."
)
_EPSILON = (
    "D1 (%) of each attacked network against epsilon, one line per source, with 95 % bootstrap intervals of the mean "
    "over images; the dotted line is the noise control."
)
