"""What may be measured beside D1 and EPE, by the names that configurations, records and tables give it."""

from collections.abc import Hashable, Iterable

# Share of the pixels whose error exceeds so many pixels.
BAD_PIXELS = {"bad1": 1, "bad2": 2, "bad3": 3}


def asked_metrics(columns: Iterable[Hashable], ending: str = "") -> list[str]:
    """Which of them some columns hold, in the order of :data:`BAD_PIXELS`.

    Args:
        columns: of records or of a table.
        ending: what follows the names there: ``_mean`` in tables.

    Examples:
        >>> asked_metrics(["image", "d1", "epe", "bad3", "bad1", "n_valid"])
        ['bad1', 'bad3']
        >>> asked_metrics(["d1_mean", "epe_mean", "bad2_mean"], "_mean")
        ['bad2']
    """
    there = set(columns)
    return [name for name in BAD_PIXELS if f"{name}{ending}" in there]
