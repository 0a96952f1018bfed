"""Targeted SUPs: how much of the disparity that they lead to is predicted, beside clean images and noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from supcore.studies.base import Plan, Study
from supcore.sup_names import SupName

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.attack.goal import Goal
    from supcore.evaluation.conditions import Condition
    from supcore.evaluation.predictions import Target
    from supcore.evaluation.study_job import StudyJob
    from supcore.reporting.matrix import Matrix
    from supcore.reporting.published import PublishedResults

METRICS = ("success", "d1", "epe")


class Targeted(Study):
    """How much of the disparity that a targeted SUP leads to is predicted.

    Every network meets all SUPs of the sources with a ``target``; it needs no settings.
    """

    keys = {}
    labels = ("goal",)
    reference = "goal"
    caption = (
        "Pixels within 3 px of the disparity that SUPs lead to (%), on clean images, under noise and under SUPs, one "
        "panel per target, size and epsilon, with 95 % intervals over images."
    )

    @classmethod
    def settings_in(cls, name: str, plan: Plan) -> Mapping[str, Any] | None:
        """The target of every source that has one; None where none has."""
        targets = {source: plan.source(source).target for source in plan.sources}
        targets = {source: dict(target) for source, target in targets.items() if target is not None}
        return {"targets": targets} if targets else None

    def check(self, plan: Plan) -> None:
        """The sources are checked with the others."""

    def attacks(self, plan: Plan, network: str) -> list[tuple[str, SupName]]:
        """All sizes, epsilons and seeds of these sources."""
        return [(source, name) for source in self.settings["targets"] for name in plan.sup_names(source)]

    def goals(self) -> dict[str, Goal]:
        """What the SUPs of each source lead to."""
        from supcore.attack.goal import Goal

        return {source: Goal(**target) for source, target in self.settings["targets"].items()}

    def conditions(self, job: StudyJob) -> list[Condition]:
        """For each target clean images, noise and the SUPs that lead to it."""
        from dataclasses import replace

        goals, found = self.goals(), []
        for goal in dict.fromkeys(goals.values()):
            sups = [sup for sup in job.sups if goals[sup.source] == goal]
            own = replace(job, sups=sups).clean_noise_and_sups()
            found += [replace(condition, labels={"goal": str(goal)}) for condition in own]
        return found

    def measure(self, target: Target, conditions: Sequence[Condition]) -> pd.DataFrame:
        """Success and errors against the target."""
        from supcore.evaluation.goals import evaluate_goals

        return evaluate_goals(target, conditions, {str(goal): goal for goal in self.goals().values()})

    def table(
        self, records: Sequence[str], tables: Mapping[str, pd.DataFrame], published: PublishedResults, seed: int
    ) -> pd.DataFrame:
        """One row per condition and target."""
        from supcore.reporting.summary import read_records, summarize

        return summarize(read_records(records, self.labels, METRICS), self.labels, METRICS, seed=seed)

    def columns(self) -> list[str]:
        """Those of other studies, and the success."""
        from supcore.reporting.summary import key_columns, statistics

        return [*key_columns(self.labels), "n_images", *statistics(METRICS)]

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """Success by source and network, one printed table per target, size and epsilon."""
        from supcore.reporting.attacks import GRID
        from supcore.reporting.matrix import HIGHEST_IN_COLUMN, Layout, arrange
        from supcore.reporting.selection import at_attack, groups, is_attack
        from supcore.sup_names import epsilon_text

        layout = Layout("source", "target", ("source", "attacked network"), HIGHEST_IN_COLUMN)
        for (dataset, _, size, epsilon, goal), _ in groups(shown[is_attack(shown)], [*GRID, "goal"]):
            same = shown[(shown["dataset"] == dataset) & (shown["goal"] == goal)]
            bound = epsilon_text(epsilon)
            what = f"{size} SUPs that lead to {goal}, epsilon {bound}"
            name = f"targeted-{goal.replace(' ', '-')}-{size}-{bound}"
            yield arrange(at_attack(same, size, epsilon), layout, name, what, "success")

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """Success by network and source, one panel per target, size and epsilon."""
        from supcore.reporting.grouped_bars import grouped_bars
        from supcore.reporting.labels import ordered
        from supcore.reporting.selection import at_attack, groups, is_attack
        from supcore.sup_names import epsilon_text

        panels = {}
        for (goal, size, epsilon), _ in groups(shown[is_attack(shown)], ["goal", "size", "epsilon"]):
            rows = at_attack(shown[shown["goal"] == goal], size, epsilon)
            panels[f"{goal}\n{size}, ε = {epsilon_text(epsilon)}"] = rows
        columns = [(column, ordered(shown[column])) for column in ("target", "source")]
        return grouped_bars(panels, columns[0], columns[1], metric="success")
