"""Robust designs: deformable convolutions and explicit matching against SUPs, over training seeds (section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from supcore.metric_names import asked_metrics
from supcore.studies.base import Plan, check_names, on_truth
from supcore.studies.derived import DerivedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.reporting.matrix import Matrix
    from supcore.reporting.published import PublishedResults

WHITE_BOX, TRANSFER = "white_box", "transfer"
_KEY = ["dataset", "design", "attack", "size", "epsilon", "reference"]


class RobustDesign(DerivedStudy):
    """Network designs under clean images, noise, white-box and transferred SUPs, read off the transfer table.

    Mean, deviation and Student interval are over networks of one design that differ in their training seed, because
    these vary more than images do.
    """

    keys = {
        "designs": {
            "description": "name of a design to its networks, trained with different seeds",
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"$ref": "#/$defs/name"},
            "additionalProperties": {"$ref": "#/$defs/names"},
        }
    }
    required = ("designs",)
    resists = True
    caption = (
        "D1 (%) of network designs on clean images, under noise, under white-box SUPs and under those of other "
        "designs; the mean and its 95 % Student interval are over training seeds, the rings are the single networks."
    )

    def check(self, plan: Plan) -> None:
        """The networks exist."""
        for names in self.settings["designs"].values():
            check_names(f"studies.{self.name}.designs", "name", names, plan.networks)

    def drawn(self, plan: Plan) -> list[str]:
        """Data sets that one of the designs is evaluated on."""
        networks = {network for names in self.settings["designs"].values() for network in names}
        return [dataset for dataset in plan.transfer_datasets if networks & set(plan.targets(dataset))]

    def table(
        self, records: Sequence[str], tables: Mapping[str, pd.DataFrame], published: PublishedResults, seed: int
    ) -> pd.DataFrame:
        """One row per design and attack: mean, deviation and interval over its networks."""
        return robust_design(tables["transfer"], self.settings["designs"])

    def columns(self) -> list[str]:
        """Those over networks."""
        from supcore.reporting.summary import STATISTICS

        return [*_KEY, "n_networks", "n_images", *STATISTICS]

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """D1 by design and attack."""
        import pandas as pd

        from supcore.reporting.attacks import GRID
        from supcore.reporting.labels import CLEAN
        from supcore.reporting.matrix import LOWEST_IN_COLUMN, Layout, arrange
        from supcore.reporting.selection import groups
        from supcore.sup_names import epsilon_text

        layout = Layout("design", "attack", ("design", "attack"), LOWEST_IN_COLUMN, units="training seeds")
        table = shown.assign(n_seeds=shown["n_networks"])
        controls = table["attack"] == CLEAN
        for (dataset, reference, size, epsilon), rows in groups(table[~controls], GRID):
            clean = table[controls & (table["dataset"] == dataset) & (table["reference"] == reference)]
            bound = epsilon_text(epsilon)
            what = f"{size} perturbations, epsilon {bound}"
            yield arrange(pd.concat([clean, rows]), layout, f"designs-{size}-{bound}", what)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """D1 by attack and design, one panel per size and epsilon, single networks as rings."""
        from supcore.reporting.grouped_bars import grouped_bars
        from supcore.reporting.labels import CLEAN, NOISE
        from supcore.reporting.matrix import distinct
        from supcore.reporting.selection import groups
        from supcore.sup_names import epsilon_text

        networks = on_truth(by_network(tables["transfer"], self.settings["designs"]), shown["dataset"].iloc[0])
        attacks = [name for name in (CLEAN, NOISE, WHITE_BOX, TRANSFER) if name in set(shown["attack"])]
        panels, rings = {}, {}
        for (size, epsilon), _ in groups(shown[shown["attack"] != CLEAN], ["size", "epsilon"]):
            title = f"{size} perturbations, ε = {epsilon_text(epsilon)}"
            panels[title], rings[title] = (
                table[(table["attack"] == CLEAN) | ((table["size"] == size) & (table["epsilon"] == epsilon))]
                for table in (shown, networks)
            )
        return grouped_bars(panels, ("attack", attacks), ("design", distinct(shown, "design")), rings=rings)


def robust_design(table: pd.DataFrame, designs: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Errors of network designs under clean images, noise, white-box and transferred SUPs, over training seeds.

    Each network of a design gives one number per attack: under its own SUP (``white_box``), and the mean over the SUPs
    of all networks of other designs (``transfer``).

    Args:
        table: transfer table in which every network of ``designs`` is target and source.
        designs: name of a design to its networks.

    Returns:
        One row per data set, design, attack, size, epsilon and reference: mean, population deviation and 95 % Student
        interval over ``n_networks``; the interval is empty with one network.
    """
    import pandas as pd

    from supcore.reporting.summary import STATISTICS, further_statistics

    rows = []
    for key, group in by_network(table, designs).groupby(_KEY, sort=False):
        row: dict[str, Any] = dict(zip(_KEY, key, strict=True))
        row |= {"n_networks": len(group), "n_images": int(group["n_images"].min())}
        for metric in _metrics(table):
            row |= _over_seeds(metric, group[f"{metric}_mean"])
        rows.append(row)
    columns = [*_KEY, "n_networks", "n_images", *STATISTICS, *further_statistics(table)]
    return pd.DataFrame(rows, columns=columns)


def by_network(table: pd.DataFrame, designs: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The numbers that :func:`robust_design` averages: one row per network, attack and reference."""
    import pandas as pd

    design_of = {network: design for design, networks in designs.items() for network in networks}
    chosen = table[table["target"].isin(design_of) & (table["n_images"] > 0)]
    pairs = zip(chosen["source"], chosen["target"], strict=True)
    attack = pd.Series([_attack(*pair, design_of) for pair in pairs], index=chosen.index, dtype="object")
    chosen = chosen.assign(design=chosen["target"].map(design_of), attack=attack).dropna(subset="attack")
    means = [f"{metric}_mean" for metric in _metrics(table)]
    networks = chosen.groupby([*_KEY, "target"], sort=False)
    return networks.agg({**dict.fromkeys(means, "mean"), "n_images": "min"}).reset_index()


def _metrics(table: pd.DataFrame) -> list[str]:
    return ["d1", "epe", *asked_metrics(table, "_mean")]


def _attack(source: str, target: str, design_of: Mapping[str, str]) -> str | None:
    from supcore.reporting.labels import CLEAN, NOISE

    if source in (CLEAN, NOISE):
        return source
    if source == target:
        return WHITE_BOX
    other_design = source in design_of and design_of[source] != design_of[target]
    return TRANSFER if other_design else None


def _over_seeds(metric: str, values: pd.Series[float]) -> dict[str, float | None]:
    from scipy import stats

    mean, deviation = float(values.mean()), float(values.std(ddof=0))
    low = high = None
    if len(values) > 1:
        half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
        low, high = mean - half, mean + half
    return {
        f"{metric}_mean": mean,
        f"{metric}_std": deviation,
        f"{metric}_ci_low": low,
        f"{metric}_ci_high": high,
    }
