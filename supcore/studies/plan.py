"""What a study may ask of a configuration, and how it names what it measures there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from supcore.errors import SupError
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

    def attacking(self, dataset: str) -> list[str]:
        """Sources whose SUPs networks are evaluated under on a data set."""

    def source(self, name: str) -> Any:
        """Networks, snapshots and options of the attack of one source."""

    def sup_names(self, source: str) -> list[SupName]:
        """Size, epsilon and seed of every SUP of a source."""

    def strongest(self, source: str) -> SupName:
        """The SUP of a source with the largest epsilon, of its last size and first seed."""

    def evaluation_weights(self, dataset: str, network: str) -> str:
        """Weights with which a network is evaluated on a data set."""


class PaperCell(NamedTuple):
    """A measurement under the names by which the paper may have a number for it.

    Attributes:
        condition: as in the table that compares ours with the paper's; empty for a plain evaluation.
        dataset: evaluated data set.
        target: attacked network.
        source: of the SUP; ``none`` for clean images, empty where the paper does not say.
        size: ``tile64`` … or ``full``; empty for clean images and where the paper does not say.
        epsilon: as text; ``0`` for clean images, empty where the paper does not say.
    """

    condition: str
    dataset: str
    target: str
    source: str = "none"
    size: str = ""
    epsilon: str = "0"


def check_names(key: str, what: str, names: Iterable[str], known: Sequence[str]) -> None:
    """Check that a key of the configuration names what exists.

    Raises:
        SupError: it does not; the message lists what does.
    """
    for name in names:
        if name not in known:
            raise SupError(f"config key {key}: unknown {what} {name!r}; known: {', '.join(known) or 'none'}")
