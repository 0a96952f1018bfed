"""Studies that need no evaluation of their own: their tables are made from those of other studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from supcore.studies.base import Study

if TYPE_CHECKING:
    import pandas as pd

    from supcore.reporting.published import PublishedResults


class DerivedStudy(Study):
    """A study read off the tables that it ``reads``; the paper has no numbers for it but those that stand there."""

    evaluates: ClassVar[bool] = False
    reads: ClassVar[tuple[str, ...]] = ("transfer",)

    def numbers(self, table: pd.DataFrame) -> pd.DataFrame:
        """None."""
        import pandas as pd

        return pd.DataFrame()

    def shown(
        self, table: pd.DataFrame, tables: Mapping[str, pd.DataFrame], published: PublishedResults
    ) -> pd.DataFrame:
        """The table as it is."""
        return table
