"""What a configuration costs on one GPU, from its jobs and steps and the time that a step was measured to take."""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from supcore.data.layouts import find_layout
from supcore.errors import SupError
from supcore.files import atomic_path
from supcore.studies import Study
from supcore.workflow.recipes import SECTIONS
from supcore.workflow.settings import Settings
from supcore.workflow.sources import CONTROLS
from supcore.workflow.studies import Studies

# The step that was timed: of a SUP, on two pairs of this size.
STEP_PAIRS, STEP_SIZE = 2, (256, 640)
# It passes forward twice (clean prediction, loss) and backward once, which takes no less than a pass forward.
PASSES = 3
STAGES = {"train": "training networks", "finetune": "fine-tuning networks"}


@dataclass(frozen=True)
class Cost:
    """One kind of work on one network.

    Attributes:
        stage: what it is part of.
        network: its name in the configuration.
        jobs: of this kind.
        steps: of all of them, each on ``pairs`` pairs; of an evaluation, passes forward on one pair.
        milliseconds: of a step.
        hours: of all steps.
        basis: how the time of a step is known.
    """

    stage: str
    network: str
    jobs: int
    steps: int
    milliseconds: float
    hours: float
    basis: str


class CostEstimate:
    """The cost of a configuration whose data sets are complete.

    Args:
        settings: the configuration.
        times: CSV file with the milliseconds of a step of SUP optimization by network; see ``STEP_PAIRS``.
    """

    def __init__(self, settings: Settings, times: str | Path) -> None:
        self.settings = settings
        with Path(times).open(newline="", encoding="utf-8") as stream:
            self.times = {row["network"]: row for row in csv.DictReader(stream)}

    def rows(self) -> list[Cost]:
        """Training, fine-tuning, optimization, its validation, evaluation, and the studies."""
        return [*self._trainings(), *self._stored_passes(), *self._sups(), *self._evaluations(), *self._studies()]

    def pairs(self, dataset: str, split: str) -> int:
        """Pairs of a split of a complete data set.

        Raises:
            SupError: the size of the complete data set is not known.
        """
        entry = self.settings.config["datasets"][dataset]
        frames = entry["splits"][split]
        if isinstance(frames, list):
            return len(frames)
        if entry["layout"] == "synthetic":
            return int(frames["count"] if isinstance(frames, Mapping) else frames)
        total = find_layout(entry["layout"]).expected(entry.get("layout_options", {}))
        if total is None:
            raise SupError(f"config key datasets.{dataset}: the size of the complete data set is not known")
        first, last = frames.split(":")
        return len(range(total)[slice(int(first or 0), int(last) if last else None)])

    def _trainings(self) -> Iterator[Cost]:
        for network, entry in self.settings.config["networks"].items():
            for weights in entry["weights"].values():
                for kind in set(STAGES) & set(weights):
                    yield self._training(STAGES[kind], network, self.settings.config[SECTIONS[kind]][weights[kind]])

    def _training(self, stage: str, network: str, recipe: Mapping[str, Any]) -> Cost:
        pairs = sum(self.pairs(s["dataset"], s["split"]) for s in recipe["datasets"])
        steps = recipe.get("steps") or recipe["epochs"] * math.ceil(pairs / recipe["batch"])
        seen = recipe["steps"] * recipe["batch"] if "steps" in recipe else recipe["epochs"] * pairs
        size = recipe.get("crop_size") or recipe.get("image_size") or self.settings.config["image_size"]
        return self._cost(stage, network, 1, steps, seen / steps / STEP_PAIRS, size)

    def _stored_passes(self) -> Iterator[Cost]:
        for dataset, split, network, _ in self.settings.stored_predictions:
            yield self._passes("predicting training pairs", network, 1, self.pairs(dataset, split))

    def _sups(self) -> Iterator[Cost]:
        for source in map(self.settings.source, self.settings.made_sources(released=False)):
            jobs, batch = len(source.grid), source.settings["batch"]
            steps = source.settings["steps"] or math.ceil(self.pairs(**source.training) / batch)
            looks = len(source.networks) * (1 + math.ceil(steps / source.settings["checkpoint_every"]))
            validated = looks * self.pairs(**self.settings.config["sups"]["validation"])
            passes = (PASSES - 1) / PASSES if source.store_clean else 1
            for network in source.networks:
                yield self._cost("optimizing SUPs", network, jobs, jobs * steps, passes * batch / STEP_PAIRS)
                yield self._passes("validating SUPs", network, jobs, jobs * validated)

    def _evaluations(self) -> Iterator[Cost]:
        for dataset in self.settings.evaluated:
            reported = self.settings.config["evaluation"]["datasets"][dataset]
            sources = [] if reported.get("studies_only") else [*self.settings.attacking(dataset), *CONTROLS]
            looks = 1 + sum(len(self.settings.sup_names(source)) for source in sources)
            for network in self.settings.targets(dataset):
                passes = looks * self.pairs(dataset, reported["split"])
                yield self._passes(f"evaluating on {dataset}", network, 1 + len(sources), passes)

    def _studies(self) -> Iterator[Cost]:
        for study in Studies(self.settings):
            if study.evaluates:
                yield from self._study(study)

    def _study(self, study: Study) -> Iterator[Cost]:
        jobs, passes, steps = Counter[str](), Counter[str](), Counter[str]()
        for dataset in study.datasets(self.settings):
            pairs = self.pairs(dataset, self.settings.config["evaluation"]["datasets"][dataset]["split"])
            for network in study.jobs(self.settings, dataset):
                jobs[network] += 1
                steps[network] += pairs * study.gradients(self.settings)
                for target in study.evaluated_by(self.settings, dataset, network):
                    passes[target] += pairs * study.looks(self.settings, network)
        for network in filter(steps.get, steps):
            stage = f"attacking single pairs ({study.name})"
            yield self._cost(stage, network, jobs[network], steps[network], 1 / STEP_PAIRS)
        for network in passes:
            yield self._passes(f"evaluating ({study.name})", network, jobs[network], passes[network])

    def _passes(self, stage: str, network: str, jobs: int, passes: int) -> Cost:
        return self._cost(stage, network, jobs, passes, 1 / (PASSES * STEP_PAIRS))

    def _cost(
        self, stage: str, network: str, jobs: int, steps: int, share: float, size: Sequence[int] | None = None
    ) -> Cost:
        """The cost of steps that take a share of the time of the timed step on images of the same size."""
        timed = self.times.get(self.settings.architecture(network))
        if timed is None:
            raise SupError(f"config key networks.{network}: no step of {self.settings.architecture(network)} was timed")
        area = math.prod(size or self.settings.config["image_size"]) / math.prod(STEP_SIZE)
        milliseconds = float(timed["milliseconds"]) * share * area
        hours = steps * milliseconds / 3.6e6
        return Cost(stage, network, jobs, steps, round(milliseconds, 1), round(hours, 2), timed["basis"])


def write_costs(path: str | Path, costs: Iterable[Cost]) -> None:
    """Write them as CSV, with the sum of each stage behind its rows and that of all at the end."""
    rows = list(costs)
    stages = dict.fromkeys(cost.stage for cost in rows)
    with atomic_path(path) as temporary, Path(temporary).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([f.name for f in fields(Cost)])
        for stage in stages:
            chosen = [cost for cost in rows if cost.stage == stage]
            writer.writerows(map(astuple, chosen))
            writer.writerow(_total(stage, chosen))
        writer.writerow(_total("all", rows))


def _total(stage: str, costs: Sequence[Cost]) -> list[Any]:
    jobs, steps = (sum(getattr(cost, name) for cost in costs) for name in ("jobs", "steps"))
    return [stage, "all", jobs, steps, "", round(sum(cost.hours for cost in costs), 1), ""]
