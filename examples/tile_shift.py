"""A study that is not part of the library: does a SUP depend on where its tiles begin?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from supcore.studies import Study
from supcore.studies.base import COMMON_KEYS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.evaluation.conditions import Condition
    from supcore.evaluation.study_job import StudyJob
    from supcore.reporting.matrix import Matrix


class TileShift(Study):
    """Every network under the strongest SUP of each source, its tiles moved to the right by some pixels."""

    keys: Mapping[str, Any] = {
        **COMMON_KEYS,
        "shifts": {
            "description": "pixels that the tiles are moved by",
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
        },
    }
    required = ("sources", "shifts")
    labels = ("shift",)  # a column of its records and table
    caption = "D1 (%) under SUPs whose tiles begin elsewhere, with 95 % intervals over images."

    def conditions(self, job: StudyJob) -> list[Condition]:
        """Every SUP at every shift."""
        import torch

        from supcore.evaluation.conditions import Condition, universal
        from supcore.perturbation import StereoPerturbation

        conditions = []
        for sup in job.sups:
            loaded = StereoPerturbation.load(sup.file).to(job.device)
            for shift in self.settings["shifts"]:
                moved = copy(loaded)
                moved.left, moved.right = (torch.roll(tile, shift, 2) for tile in (loaded.left, loaded.right))
                labels = {"shift": str(shift)}
                name = (sup.source, sup.size, sup.epsilon, str(sup.seed))
                conditions.append(Condition(*name, universal(moved), labels))
        return conditions

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """D1 by shift and network, one printed table per source."""
        from supcore.reporting.attacks import SETTING, attack_words
        from supcore.reporting.matrix import LOWEST_IN_COLUMN, Layout, arrange
        from supcore.reporting.selection import groups

        layout = Layout("shift", "target", ("shift (px)", "network"), LOWEST_IN_COLUMN)
        for (_, _, *attack), rows in groups(shown.astype({"shift": str}), SETTING):
            name, what = attack_words(*attack)
            yield arrange(rows, layout, f"shift-{name}", what)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """D1 by shift and network, one panel per source."""
        from supcore.reporting.attacks import ATTACK, attack_title
        from supcore.reporting.grouped_bars import grouped_bars
        from supcore.reporting.labels import ordered
        from supcore.reporting.selection import groups

        rows = shown.astype({"shift": str})
        panels = {attack_title(*attack): part for attack, part in groups(rows, ATTACK)}
        shifts = list(map(str, self.settings["shifts"]))
        return grouped_bars(panels, ("shift", shifts), ("target", ordered(rows["target"])))
