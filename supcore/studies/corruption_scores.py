"""One number per network for all corruptions and severities: mCE, relative mCE and mean resilience."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from supcore.studies.base import Drawing, Plan
from supcore.studies.corruptions import Corruptions
from supcore.studies.derived import DerivedStudy

if TYPE_CHECKING:
    import pandas as pd

    from supcore.reporting.matrix import Matrix
    from supcore.reporting.published import PublishedResults


class CorruptionScores(DerivedStudy):
    """One number per network for all corruptions: mCE, relative mCE and mean resilience.

    Read off the table of the corruption study, and asked for together with it.
    """

    keys = {}
    reads = ("corruptions",)
    table_labels = {"study": "corruptions", "shown": "scores"}

    @classmethod
    def settings_in(cls, name: str, plan: Plan) -> Mapping[str, Any] | None:
        """Those of the corruption study."""
        return Corruptions.settings_in("corruptions", plan)

    def check(self, plan: Plan) -> None:
        """The corruption study checks them."""

    def figures(self, plan: Plan) -> dict[str, Drawing]:
        """None."""
        return {}

    def table(
        self, records: Sequence[str], tables: Mapping[str, pd.DataFrame], published: PublishedResults, seed: int
    ) -> pd.DataFrame:
        """One row per network and corruption, and their means."""
        from supcore.reporting.corruption_scores import corruption_scores

        return corruption_scores(tables["corruptions"], self.settings.get("baseline"))

    def columns(self) -> list[str]:
        """Those of the scores."""
        from supcore.reporting.corruption_scores import CELL, SCORES

        return [*CELL, "d1", "epe", *SCORES]

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """The mean scores, one printed table per data set."""
        from supcore.reporting.corruption_scores import score_matrices

        yield from score_matrices(shown, self.settings.get("baseline"))
