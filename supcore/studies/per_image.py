"""Attacks on every single image, beside the universal ones: FGSM and its relatives (the paper's predecessor)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from supcore.studies.base import COMMON_KEYS, PaperCell, Plan, Study, check_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.evaluation.conditions import Condition
    from supcore.evaluation.study_job import StudyJob
    from supcore.reporting.matrix import Matrix
    from supcore.reporting.published import PublishedResults
    from supcore.sup_names import SupName

PUBLISHED_ATTACK = "fgsm"


class PerImage(Study):
    """Every pair is attacked by itself on one network, and every network is evaluated under the result."""

    keys = {
        **COMMON_KEYS,
        "sources": {**COMMON_KEYS["sources"], "description": "networks that the pairs are attacked on"},
        "attacks": {
            "description": "names of the attacks; `fgsm` stands beside the paper's, whose kind it does not say",
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"registry": "per-image attacks"},
        },
        "epsilons": {"$ref": "#/$defs/epsilons", "description": "bounds; those of the SUPs unless given"},
        "steps": {
            "description": "gradient steps of every attack but `fgsm`; as published unless given",
            "type": "integer",
            "minimum": 1,
        },
        "target": {
            "description": "what the attack moves away from",
            "enum": ["ground_truth", "clean"],
            "default": "ground_truth",
        },
    }
    required = ("sources", "attacks")
    labels = ("attack",)
    reads = ("transfer",)
    caption = (
        "D1 (%) on clean images, under SUPs and under attacks on every single image, one panel per attacked network "
        "and epsilon, with 95 % intervals over images."
    )

    def check(self, plan: Plan) -> None:
        """The attacked networks have weights for every data set."""
        key = f"studies.{self.name}"
        check_names(f"{key}.datasets", "name", self.settings.get("datasets", []), plan.evaluated)
        check_names(f"{key}.networks", "name", self.settings.get("networks", []), plan.networks)
        check_names(f"{key}.sources", "network", self.settings["sources"], plan.networks)
        for dataset in self.datasets(plan):
            for network in self.settings["sources"]:
                plan.evaluation_weights(dataset, network)

    def jobs(self, plan: Plan, dataset: str) -> list[str]:
        """The attacked networks: an attack costs more than all evaluations of its result."""
        return list(self.settings["sources"])

    def evaluated_by(self, plan: Plan, dataset: str, network: str) -> list[str]:
        """All networks of the study."""
        return self.networks(plan, dataset)

    def attacks(self, plan: Plan, network: str) -> list[tuple[str, SupName]]:
        """No SUPs."""
        return []

    def looks(self, plan: Plan, network: str) -> int:
        """The result of every attack at every epsilon."""
        return len(self.settings["attacks"]) * len(self._epsilons(plan))

    def gradients(self, plan: Plan) -> int:
        """The steps of all of them."""
        from supcore.attack.choices import per_image_options

        attacks = (per_image_options(name, self.settings.get("steps")) for name in self.settings["attacks"])
        return len(self._epsilons(plan)) * sum(attack.steps * attack.restarts for attack in attacks)

    def _epsilons(self, plan: Plan) -> list[float]:
        return list(self.settings.get("epsilons", plan.config["sups"]["epsilons"]))

    def conditions(self, job: StudyJob) -> list[Condition]:
        """Every attack at every epsilon; its result is kept for the networks that follow."""
        from supcore.attack import PerImageAttack
        from supcore.attack.choices import per_image_options
        from supcore.evaluation.conditions import Condition
        from supcore.evaluation.study_conditions import per_image, remembered
        from supcore.seeding import derived_seed
        from supcore.sup_names import epsilon_text

        attacked, against_truth = job.attacked(), self.settings["target"] == "ground_truth"
        conditions = []
        for name in self.settings["attacks"]:
            options = per_image_options(name, self.settings.get("steps"))
            for epsilon in map(epsilon_text, self.settings.get("epsilons", job.epsilons)):
                seed = derived_seed(job.seed, "per-image", name, epsilon)
                attack = PerImageAttack(attacked, float(epsilon), options, seed)
                perturb = remembered(per_image(attack, against_truth=against_truth))
                conditions.append(Condition(job.network, "full", epsilon, "0", perturb, {"attack": name}))
        return conditions

    def finish(self, table: pd.DataFrame) -> pd.DataFrame:
        """In the order in which the configuration lists the attacks."""
        rank = {attack: position for position, attack in enumerate(self.settings["attacks"])}
        return table.sort_values("attack", key=lambda attacks: attacks.map(rank), kind="stable", ignore_index=True)

    def asked(self, plan: Plan) -> Iterator[PaperCell]:
        """Every network under the attack that stands beside the paper's."""
        from supcore.sup_names import epsilon_text

        if PUBLISHED_ATTACK not in self.settings["attacks"]:
            return
        for dataset in self.datasets(plan):
            for source in self.settings["sources"]:
                for target in self.networks(plan, dataset):
                    for epsilon in map(epsilon_text, self._epsilons(plan)):
                        yield PaperCell("per_image", dataset, target, source, "", epsilon)

    def paper_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """FGSM stands beside the predecessor's attack: of all that it tried, its errors fit the paper's series."""
        return table[table["attack"] == PUBLISHED_ATTACK].assign(condition="per_image", size="")

    def shown(
        self, table: pd.DataFrame, tables: Mapping[str, pd.DataFrame], published: PublishedResults
    ) -> pd.DataFrame:
        """Clean images and SUPs first."""
        return beside_universal(super().shown(table, tables, published), tables["transfer"])

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """D1 by attack and network, one printed table per attacked network and epsilon."""
        from supcore.reporting.attacks import SOURCE
        from supcore.reporting.labels import label
        from supcore.reporting.matrix import HIGHEST_IN_COLUMN, Layout, arrange
        from supcore.reporting.selection import groups
        from supcore.sup_names import epsilon_text

        layout = Layout("attack", "target", ("attack", "network"), HIGHEST_IN_COLUMN)
        for (_, _, source, epsilon), rows in groups(shown, SOURCE):
            bound = epsilon_text(epsilon)
            what = f"attacks on {label(source)}, epsilon {bound}, image by image and universal"
            yield arrange(rows, layout, f"per-image-{source}-{bound}", what)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """D1 by attack and network, one panel per attacked network and epsilon."""
        from supcore.reporting.grouped_bars import grouped_bars
        from supcore.reporting.labels import label, ordered
        from supcore.reporting.matrix import distinct
        from supcore.reporting.selection import groups
        from supcore.sup_names import epsilon_text

        panels = {
            f"made for {label(source)}\nε = {epsilon_text(epsilon)}": rows
            for (source, epsilon), rows in groups(shown, ["source", "epsilon"])
        }
        return grouped_bars(panels, ("attack", distinct(shown, "attack")), ("target", ordered(shown["target"])))


def beside_universal(table: pd.DataFrame, transfer: pd.DataFrame) -> pd.DataFrame:
    """Per-image attacks below clean images and the SUPs of the same sources and epsilons, named in ``attack``.

    Args:
        table: table of per-image attacks, averaged over seeds.
        transfer: transfer table.
    """
    import pandas as pd

    from supcore.reporting.attacks import SOURCE
    from supcore.reporting.labels import CLEAN, label
    from supcore.reporting.selection import average_seeds, groups

    universal = average_seeds(transfer)
    parts = []
    for (dataset, reference, source, epsilon), rows in groups(table, SOURCE):
        same = universal[(universal["dataset"] == dataset) & (universal["reference"] == reference)]
        same = same[same["target"].isin(rows["target"])]
        clean = same[same["source"] == CLEAN].assign(attack=CLEAN, source=source, epsilon=epsilon)
        sups = same[(same["source"] == source) & (same["epsilon"] == epsilon)]
        sups = sups.assign(attack="SUP, " + sups["size"].map(label))
        named = rows.assign(attack="per image, " + rows["attack"].map(label))
        parts.append(pd.concat([clean, sups, named], ignore_index=True))
    return pd.concat(parts, ignore_index=True) if parts else table
