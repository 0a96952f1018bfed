"""Adversarial fine-tuning: networks before and after it, under their original and under new SUPs (section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from supcore.studies.base import PaperCell, Plan, Study, check_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.reporting.matrix import Matrix
    from supcore.reporting.published import PublishedResults

BEFORE = "before"


class Finetuning(Study):
    """Networks before and after adversarial fine-tuning, under their old and their new SUPs.

    Read off the transfer table, in which both versions of a network are targets and sources.
    """

    keys = {
        "finetuned": {
            "description": "network to its fine-tuned version",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"$ref": "#/$defs/name"},
        }
    }
    required = ("finetuned",)
    evaluates = False
    labels = ("condition",)
    reads = ("transfer",)
    resists = True
    caption = (
        "D1 (%) of each network under its own SUP against epsilon: before adversarial fine-tuning, after it under the "
        "original SUP, and after it under a SUP optimized anew; dashed lines with open markers are the published "
        "values."
    )

    def check(self, plan: Plan) -> None:
        """The networks exist."""
        for pair in self.settings["finetuned"].items():
            check_names(f"studies.{self.name}.finetuned", "name", pair, plan.networks)

    def drawn(self, plan: Plan) -> list[str]:
        """Data sets that one of the networks is evaluated on."""
        return [d for d in plan.transfer_datasets if set(self.settings["finetuned"]) & set(plan.targets(d))]

    def table(
        self, records: Sequence[str], tables: Mapping[str, pd.DataFrame], published: PublishedResults, seed: int
    ) -> pd.DataFrame:
        """See :func:`finetuning`."""
        return finetuning(tables["transfer"], self.settings["finetuned"])

    def columns(self) -> list[str]:
        """The condition first."""
        from supcore.reporting.summary import STATISTICS, key_columns

        return ["condition", *key_columns(), "n_images", *STATISTICS]

    def asked(self, plan: Plan) -> Iterator[PaperCell]:
        """Fine-tuned networks as the transfer table has them, under their names before."""
        from supcore.studies.transfer import Transfer

        original = {tuned: name for name, tuned in self.settings["finetuned"].items()}
        before = {name: name for name in self.settings["finetuned"]}
        for cell in Transfer("transfer", {}).asked(plan):
            for condition, sources in (("finetuned_original", before), ("finetuned_new", original)):
                names = {"none": "none", **sources}
                if cell.target in original and cell.source in names:
                    target, source = original[cell.target], names[cell.source]
                    yield cell._replace(condition=condition, target=target, source=source)

    def paper_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """All conditions; the paper has networks as they were without one."""
        return table.assign(condition=table["condition"].replace({BEFORE: ""}))

    def measured(self, table: pd.DataFrame) -> pd.DataFrame:
        """Without networks as they were, which the transfer table has measured."""
        return self.paper_rows(table[table["condition"] != BEFORE])

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """D1 by network and condition on clean images and under its own SUPs."""
        from supcore.reporting.attacks import GRID
        from supcore.reporting.labels import CLEAN
        from supcore.reporting.matrix import LOWEST_IN_ROW, Layout, arrange
        from supcore.reporting.selection import groups
        from supcore.sup_names import epsilon_text

        layout = Layout("target", "condition", ("network", "state"), LOWEST_IN_ROW)
        white_box = shown[(shown["source"] == shown["target"]) | (shown["source"] == CLEAN)]
        for (_, _, size, epsilon), rows in groups(white_box, GRID):
            bound = epsilon_text(epsilon)
            what = f"white-box {size} SUPs, epsilon {bound}" if size else "clean images"
            yield arrange(rows, layout, f"finetuning-{size or 'clean'}-{bound}", what)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """D1 against epsilon by condition, one panel per network."""
        from supcore.reporting.labels import CLEAN, label, ordered
        from supcore.reporting.line_panels import line_panels, series_looks
        from supcore.reporting.matrix import distinct
        from supcore.reporting.selection import choose_size

        size = choose_size(shown)
        own = shown[(shown["source"] == CLEAN) | ((shown["source"] == shown["target"]) & (shown["size"] == size))]
        conditions = distinct(own, "condition")
        panels = {
            label(target): {
                label(condition): own[(own["target"] == target) & (own["condition"] == condition)]
                for condition in conditions
            }
            for target in ordered(own["target"])
        }
        looks = series_looks(map(label, conditions))
        title = f"{label(own['dataset'].iloc[0])}, white-box {size} SUPs"
        return line_panels(panels, looks, x="epsilon", x_label="ε", metric="d1", title=title)


def finetuning(table: pd.DataFrame, finetuned: Mapping[str, str]) -> pd.DataFrame:
    """Networks before and after adversarial fine-tuning, under the original and under new SUPs.

    Args:
        table: transfer table in which both versions of each network are targets and sources.
        finetuned: network to its fine-tuned version.

    Returns:
        The transfer table's rows whose target and source are among these networks, by their names before
        fine-tuning, with a ``condition``: ``before`` is the network as it was under SUPs made for networks as they
        were; ``finetuned_original`` the fine-tuned network under the same SUPs; ``finetuned_new`` the fine-tuned
        network under SUPs optimized on fine-tuned ones. Each has its clean and noise rows.
    """
    import pandas as pd

    from supcore.reporting.summary import STATISTICS, further_statistics, key_columns

    before = {name: name for name in finetuned}
    original = {tuned: name for name, tuned in finetuned.items()}
    parts = [
        _renamed(table, targets, sources).assign(condition=condition)
        for condition, targets, sources in (
            (BEFORE, before, before),
            ("finetuned_original", original, before),
            ("finetuned_new", original, original),
        )
    ]
    columns = ["condition", *key_columns(), "n_images", *STATISTICS, *further_statistics(table)]
    return pd.concat(parts, ignore_index=True)[columns]


def _renamed(table: pd.DataFrame, targets: Mapping[str, str], sources: Mapping[str, str]) -> pd.DataFrame:
    """Rows of these targets and sources, and of the controls, under their new names."""
    from supcore.reporting.labels import CLEAN, NOISE

    names = {CLEAN: CLEAN, NOISE: NOISE, **sources}
    rows = table[table["target"].isin(targets) & table["source"].isin(names)]
    return rows.assign(target=rows["target"].map(targets), source=rows["source"].map(names))
