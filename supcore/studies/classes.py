"""Errors within the classes of the scenes, such as road, car and sky (supplementary material of the paper)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from supcore.errors import SupError
from supcore.studies.base import COMMON_KEYS, PaperCell, Plan, Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.evaluation.conditions import Condition
    from supcore.evaluation.predictions import Target
    from supcore.evaluation.study_job import StudyJob
    from supcore.reporting.matrix import Matrix

PUBLISHED_DROP = 5
_COUNT = {"type": "integer", "minimum": 1}


class Classes(Study):
    """Errors by semantic class, for data sets with class maps."""

    keys = {
        **COMMON_KEYS,
        "min_pixels": {**_COUNT, "default": 25, "description": "pixels of a class that an image needs to count for it"},
        "min_images": {**_COUNT, "default": 5, "description": "classes in fewer images are left out"},
        "as_published": {
            "type": "boolean",
            "default": False,
            "description": "instead: all classes stand in the table, and in the figure without the last five by D1, "
            "where classes in fewer images count as 0; EPE against the clean prediction is over all pixels of a class",
        },
    }
    required = ("datasets",)
    labels = ("class_id", "class")
    caption = (
        "D1 (%) within the classes of the scenes, one bar per network and one panel per attack, with 95 % intervals "
        "over images; the classes are sorted by their mean error."
    )

    def check(self, plan: Plan) -> None:
        """Every data set has class maps."""
        super().check(plan)
        for dataset in self.settings.get("datasets", []):
            entry = plan.config["datasets"][dataset]
            if entry["layout"] != "synthetic" and "segmentation" not in entry.get("layout_options", {}):
                raise SupError(
                    f"config key studies.{self.name}.datasets: {dataset} has no class maps; set "
                    f"datasets.{dataset}.layout_options.segmentation"
                )

    def conditions(self, job: StudyJob) -> list[Condition]:
        """Clean images, noise and SUPs."""
        return job.clean_noise_and_sups()

    def measure(self, target: Target, conditions: Sequence[Condition]) -> pd.DataFrame:
        """Errors within each class."""
        from supcore.evaluation.classes import evaluate_classes

        return evaluate_classes(
            target, conditions, min_pixels=self.settings["min_pixels"], as_published=self.settings["as_published"]
        )

    def finish(self, table: pd.DataFrame) -> pd.DataFrame:
        """Leave out rare classes."""
        if self.settings["as_published"]:
            return table
        return table[table["n_images"] >= self.settings["min_images"]].reset_index(drop=True)

    def asked(self, plan: Plan) -> Iterator[PaperCell]:
        """Every class under a network's own SUP."""
        from supcore.evaluation.classes import CLASSES

        for dataset in self.datasets(plan):
            for target in self.networks(plan, dataset):
                if target in self.settings.get("sources", []):
                    yield from (PaperCell(f"class {name}", dataset, target, "", "", "") for name in CLASSES)

    def paper_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Networks under their own SUP against the clean prediction, as far as the paper's table can be told."""
        white_box = table[(table["source"] == table["target"]) & (table["reference"] == "clean")]
        condition = [f"class {name}" for name in white_box["class"]]
        return white_box.assign(condition=condition, source="", size="", epsilon=math.nan)

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """D1 of every class by network and attack."""
        from supcore.reporting.attacks import SETTING, attack_words
        from supcore.reporting.matrix import LOWEST_IN_ROW, Layout, arrange
        from supcore.reporting.selection import groups

        layout = Layout("class", "target", ("class", "network"), LOWEST_IN_ROW)
        for (_, _, *attack), rows in groups(shown.sort_values("class_id", kind="stable"), SETTING):
            name, what = attack_words(*attack)
            yield arrange(rows, layout, f"classes-{name}", what)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """D1 by class and network, one panel per attack, the worst class on top; as published without the last five."""
        from supcore.reporting.attacks import ATTACK, attack_title
        from supcore.reporting.grouped_bars import grouped_bars
        from supcore.reporting.labels import ordered
        from supcore.reporting.selection import groups

        if self.settings.get("as_published"):
            shown = drawn_classes(shown, self.settings["min_images"])
        by_class = shown.groupby("class")["d1_mean"].mean()
        names = list(by_class.sort_values(ascending=False, kind="stable").index)
        panels = {attack_title(*attack): rows for attack, rows in groups(shown, ATTACK)}
        return grouped_bars(panels, ("class", names), ("target", ordered(shown["target"])))


def drawn_classes(table: pd.DataFrame, min_images: int) -> pd.DataFrame:
    """The classes that the paper's code draws: sorted by falling D1 without the last five, whatever they are.

    Args:
        table: one row per condition, class and reference.
        min_images: classes that fewer images hold count as error 0 when they are sorted.
    """
    import pandas as pd

    ranked = table.assign(rank=table["d1_mean"].where(table["n_images"] >= min_images, 0.0))
    condition = ["dataset", "target", "source", "size", "epsilon", "seed", "reference"]
    groups = ranked.groupby([name for name in condition if name in ranked], dropna=False, sort=False)
    kept = [
        group.sort_values(["rank", "class_id"], ascending=[False, True]).iloc[:-PUBLISHED_DROP] for _, group in groups
    ]
    return pd.concat(kept, ignore_index=True).drop(columns="rank")
