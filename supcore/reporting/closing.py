"""What `make demo` ends with: what to open, and the headline numbers."""

import sys
from pathlib import Path

from supcore.errors import SupError
from supcore.reporting.labels import CLEAN, NOISE
from supcore.reporting.story import Facts, transfer_range
from supcore.reporting.transfer import read_table

_PARTS = {
    "clean": "clean images",
    "noise": "random noise",
    "white_box": "SUP of the network itself",
    "transfer": "SUP of another network",
}


def closing_lines(results: str | Path) -> list[str]:
    """A few lines about the results of a run.

    Args:
        results: its folder, with ``tables/transfer.csv``.

    Raises:
        SupError: the table is missing or damaged.
    """
    table = read_table(Path(results) / "tables" / "transfer.csv")
    sources = [name for name in dict.fromkeys(table["source"]) if name not in (CLEAN, NOISE)]
    facts = transfer_range(table, {name: (name,) for name in sources})
    lines = [f"D1 against ground truth, lowest to highest of {facts['n_datasets']} data sets and all networks, "]
    lines[0] += f"at epsilon {facts['epsilon']:g}, {facts['size']}:"
    lines += [f"  ({facts['note']})"] * bool(facts["note"])
    lines += [f"  {text:26} {_range(facts[part])}" for part, text in _PARTS.items() if facts[part]]
    pages = [name for name in ("index.html", "leaderboard.html", "report.html") if (Path(results) / name).exists()]
    return [*lines, *(f"Open {Path(results) / name}" for name in pages)]


def _range(facts: Facts) -> str:
    return f"{facts['low']:.1f} to {facts['high']:.1f} %"


if __name__ == "__main__":
    try:
        print(*closing_lines(sys.argv[1]), sep="\n")
    except SupError as error:
        sys.exit(f"error: {error}")
