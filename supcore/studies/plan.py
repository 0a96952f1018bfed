"""The configuration as studies see it."""

from collections.abc import Mapping
from typing import Any, Protocol

from supcore.sup_names import SupName


class Plan(Protocol):
    """What a study may ask of the configuration that it stands in."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The whole configuration."""

    @property
    def networks(self) -> list[str]:
        """All networks."""

    @property
    def evaluated(self) -> list[str]:
        """Data sets that results are reported on."""

    @property
    def transfer_datasets(self) -> list[str]:
        """Those of them that stand in the transfer table."""

    @property
    def sources(self) -> list[str]:
        """Sources of SUPs."""

    def targets(self, dataset: str) -> list[str]:
        """Networks evaluated on a data set."""

    def source(self, name: str) -> Any:
        """Networks, snapshots and options of the attack of one source."""

    def sup_names(self, source: str) -> list[SupName]:
        """Size, epsilon and seed of every SUP of a source."""

    def strongest(self, source: str) -> SupName:
        """The SUP of a source with the largest epsilon, of its last size and first seed."""

    def evaluation_weights(self, dataset: str, network: str) -> str:
        """Weights with which a network is evaluated on a data set."""
