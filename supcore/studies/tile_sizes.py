"""SUPs of several sizes from one source (ablation of the paper): small tiles against full-image patterns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from supcore.studies.base import Plan
from supcore.studies.derived import DerivedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.reporting.matrix import Matrix
    from supcore.reporting.published import PublishedResults


class TileSizes(DerivedStudy):
    """Errors under small tiles against those under full-image SUPs.

    Read off the transfer table wherever a source has SUPs of several sizes; it needs no settings.
    """

    keys = {}
    caption = (
        "D1 (%) against epsilon under SUPs of several sizes, one panel per source and attacked network, with 95 % "
        "intervals over images; dashed lines with open markers are the published values."
    )

    @classmethod
    def settings_in(cls, name: str, plan: Plan) -> Mapping[str, Any] | None:
        """None where no source has several sizes."""
        several = any(len({size for size, *_ in plan.sup_names(source)}) > 1 for source in plan.sources)
        return {} if several else None

    def table(
        self, records: Sequence[str], tables: Mapping[str, pd.DataFrame], published: PublishedResults, seed: int
    ) -> pd.DataFrame:
        """The transfer table's rows of these sources, and of clean images."""
        from supcore.reporting.labels import CLEAN, NOISE

        transfer = tables["transfer"]
        sizes = transfer.groupby("source")["size"].transform("nunique")
        several = (sizes > 1) & ~transfer["source"].isin([CLEAN, NOISE])
        return transfer[several | (transfer["source"] == CLEAN)].reset_index(drop=True)

    def columns(self) -> list[str]:
        """Those of the transfer table."""
        from supcore.reporting.transfer import COLUMNS

        return COLUMNS

    def shown(
        self, table: pd.DataFrame, tables: Mapping[str, pd.DataFrame], published: PublishedResults
    ) -> pd.DataFrame:
        """Averaged over seeds; the paper's numbers stand in the table."""
        from supcore.reporting.selection import average_seeds

        return average_seeds(table)

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """D1 by size and attacked network, one printed table per source and epsilon."""
        from supcore.reporting.labels import label
        from supcore.reporting.matrix import HIGHEST_IN_COLUMN, Layout, arrange
        from supcore.reporting.selection import groups, is_attack
        from supcore.sup_names import epsilon_text

        layout = Layout("size", "target", ("size", "attacked network"), HIGHEST_IN_COLUMN)
        for (_, source, epsilon, _), rows in groups(
            shown[is_attack(shown)], ["dataset", "source", "epsilon", "reference"]
        ):
            if rows["size"].nunique() > 1:
                bound = epsilon_text(epsilon)
                what = f"SUPs from {label(source)} in several sizes, epsilon {bound}"
                yield arrange(rows, layout, f"sizes-{source}-{bound}", what)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """D1 against epsilon by size, one panel per source and attacked network."""
        from supcore.reporting.labels import CLEAN, label, ordered, size_key
        from supcore.reporting.line_panels import line_panels, series_looks
        from supcore.reporting.selection import is_attack

        arrow, attacks = "\N{RIGHTWARDS ARROW}", shown[is_attack(shown)]
        panels = {}
        for source in ordered(attacks["source"]):
            sizes = sorted(set(attacks.loc[attacks["source"] == source, "size"]), key=size_key)
            for target in ordered(shown["target"]):
                on = shown[shown["target"] == target]
                panels[f"{label(source)} {arrow} {label(target)}"] = {
                    label(size): on[(on["source"] == CLEAN) | ((on["source"] == source) & (on["size"] == size))]
                    for size in sizes
                }
        looks = series_looks(map(label, sorted(set(attacks["size"]), key=size_key)))
        title = f"{label(shown['dataset'].iloc[0])}, SUPs of several sizes: source {arrow} attacked network"
        return line_panels(panels, looks, x="epsilon", x_label="ε", metric="d1", title=title)
