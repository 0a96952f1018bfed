"""What a study says of itself, so that the workflow can plan, evaluate, print and draw it without knowing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from supcore.errors import SupError
from supcore.studies.plan import PaperCell, Plan, check_names
from supcore.sup_names import SupName

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.evaluation.conditions import Condition
    from supcore.evaluation.predictions import Target
    from supcore.evaluation.study_job import StudyJob
    from supcore.reporting.matrix import Matrix
    from supcore.reporting.published import PublishedResults
    from supcore.sup_names import SupName

_NAME = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
_NAMES = {"type": "array", "uniqueItems": True, "items": _NAME}
# Keys that most studies have.
COMMON_KEYS: dict[str, dict[str, Any]] = {
    "datasets": {**_NAMES, "minItems": 1, "description": "data sets; all evaluated ones unless given"},
    "networks": {**_NAMES, "minItems": 1, "description": "evaluated networks; all unless given"},
    "sources": {**_NAMES, "description": "sources whose strongest SUP is used; [] in a later file drops the study"},
}


@dataclass(frozen=True)
class Drawing:
    """One figure of a study.

    Attributes:
        caption: for the report.
        labels: how it is listed there.
        options: what :meth:`Study.draw` is called with.
        resists: whether it shows what resists SUPs, and so belongs on the landing page.
    """

    caption: str
    labels: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    resists: bool = False


class Study:
    """An experiment of the paper.

    A subclass overrides what is its own; modules that need PyTorch, pandas or matplotlib are imported inside methods.

    Attributes:
        keys: JSON schema of the keys of ``studies.<name>``, each with a ``description``.
        required: those that must be given.
        evaluates: whether networks are evaluated for it; else its table is made from the tables that it ``reads``.
        labels: columns of its records and table beyond those of the transfer table.
        reads: names of the studies whose tables it needs beside its own.
        attack_file: file of every attack, in the folder of its SUP.
        caption: of its figures.
        reference: what the errors in its figures are measured against.
        resists: whether its figures show what resists SUPs.
        category: of its results in the report.
        table_labels: how its printed table is listed there; by default by the study's name.
    """

    keys: ClassVar[Mapping[str, Any]] = COMMON_KEYS
    required: ClassVar[Sequence[str]] = ()
    evaluates: ClassVar[bool] = True
    labels: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    attack_file: ClassVar[str] = "sup.safetensors"
    caption: ClassVar[str] = ""
    reference: ClassVar[str] = "ground_truth"
    resists: ClassVar[bool] = False
    category: ClassVar[str] = "Studies"
    table_labels: ClassVar[Mapping[str, str]] = {}

    def __init__(self, name: str, settings: Mapping[str, Any]) -> None:
        self.name, self.settings = name, settings

    # ---- planning ----------------------------------------------------------------------------------------------------

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """JSON schema of its section of the configuration; the first line of its docstring describes it."""
        return {
            "description": (cls.__doc__ or "").strip().splitlines()[0].rstrip("."),
            "type": "object",
            "additionalProperties": False,
            "required": list(cls.required),
            "properties": dict(cls.keys),
        }

    @classmethod
    def settings_in(cls, name: str, plan: Plan) -> Mapping[str, Any] | None:
        """Its settings in a configuration, or None if that does not ask for it."""
        settings = plan.config.get("studies", {}).get(name)
        return None if settings is None or settings.get("sources") == [] else settings

    def check(self, plan: Plan) -> None:
        """Refuse settings that name what does not exist.

        Raises:
            SupError: the message names the key.
        """
        check_names(f"studies.{self.name}.datasets", "name", self.settings.get("datasets", []), plan.evaluated)
        check_names(f"studies.{self.name}.networks", "name", self.settings.get("networks", []), plan.networks)
        check_names(f"studies.{self.name}.sources", "name", self.settings.get("sources", []), plan.sources)

    def datasets(self, plan: Plan) -> list[str]:
        """Data sets that it is evaluated on."""
        return list(self.settings.get("datasets", plan.transfer_datasets))

    def networks(self, plan: Plan, dataset: str) -> list[str]:
        """Networks that it evaluates on a data set."""
        wanted = self.settings.get("networks", plan.networks)
        return [network for network in plan.targets(dataset) if network in wanted]

    def jobs(self, plan: Plan, dataset: str) -> list[str]:
        """Networks that an evaluation job is run for, by default each of its own."""
        return self.networks(plan, dataset)

    def evaluated_by(self, plan: Plan, dataset: str, network: str) -> list[str]:
        """Networks that the job of a network evaluates."""
        return [network]

    def attacks(self, plan: Plan, network: str) -> list[tuple[str, SupName]]:
        """Source and name of each SUP that the job of a network needs."""
        return [(source, plan.strongest(source)) for source in self.settings.get("sources", [])]

    def looks(self, plan: Plan, network: str) -> int:
        """Perturbed forms of every pair that the job of a network predicts, for each network that it evaluates."""
        attacks = self.attacks(plan, network)
        return len(attacks) + len({name for _, name in attacks})  # each SUP, and noise of each kind

    def gradients(self, plan: Plan) -> int:
        """Steps of attacks on every single pair in one of its jobs."""
        return 0

    def modules(self) -> list[str]:
        """Import paths in its settings, of what its evaluations use and the library lacks."""
        return []

    def drawn(self, plan: Plan) -> list[str]:
        """Data sets that have something to draw."""
        return self.datasets(plan)

    def figures(self, plan: Plan) -> dict[str, Drawing]:
        """Its figures by the names of their files: by default one per data set."""
        return {
            f"{self.name}_{dataset}": Drawing(
                self.caption, {"study": self.name, "shown": dataset}, {"dataset": dataset}, self.resists
            )
            for dataset in self.drawn(plan)
        }

    # ---- evaluation --------------------------------------------------------------------------------------------------

    def conditions(self, job: StudyJob) -> list[Condition]:
        """What is done to the images, each condition with the study's labels."""
        raise NotImplementedError

    def records(self, job: StudyJob) -> pd.DataFrame:
        """Per-image records of one job."""
        import pandas as pd

        conditions = self.conditions(job)
        return pd.concat([self.measure(target, conditions) for target in job.targets()], ignore_index=True)

    def measure(self, target: Target, conditions: Sequence[Condition]) -> pd.DataFrame:
        """Per-image records of one network."""
        from supcore.evaluation.records import evaluate

        return evaluate(target, conditions)

    # ---- table -------------------------------------------------------------------------------------------------------

    def table(
        self, records: Sequence[str], tables: Mapping[str, pd.DataFrame], published: PublishedResults, seed: int
    ) -> pd.DataFrame:
        """Its table: one row per condition and reference.

        Args:
            records: files of its per-image records; none if it ``reads`` other tables only.
            tables: those that it ``reads``.
            published: the paper's numbers.
            seed: of the bootstrap.
        """
        from supcore.reporting.summary import read_records, summarize

        return self.finish(summarize(read_records(records, self.labels), self.labels, seed=seed))

    def finish(self, table: pd.DataFrame) -> pd.DataFrame:
        """What the study adds to its summarized records or leaves out."""
        return table

    def columns(self) -> list[str]:
        """Columns of its table, as it is read back."""
        from supcore.reporting.summary import STATISTICS, key_columns

        return [*key_columns(self.labels), "n_images", *STATISTICS]

    # ---- beside the paper --------------------------------------------------------------------------------------------

    def asked(self, plan: Plan) -> Iterator[PaperCell]:
        """What it measures in a configuration, as the paper would name it; by default nothing that the paper has."""
        yield from ()

    # Metrics of the published numbers, and what the columns are called that hold ours.
    metrics: ClassVar[Mapping[str, str]] = {"d1": "d1", "epe": "epe"}

    def paper_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows that the paper may have numbers for, with the ``condition`` by which it has them; index kept."""
        return table.assign(condition="").iloc[:0]

    def measured(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of :meth:`paper_rows` that count as the study's own measurement of a published number."""
        return self.paper_rows(table)

    def numbers(self, table: pd.DataFrame) -> pd.DataFrame:
        """Its measurements of published numbers, as :func:`supcore.reporting.comparison.compare` takes them."""
        from supcore.reporting.comparison import by_metric
        from supcore.reporting.selection import average_seeds

        return by_metric(self.measured(average_seeds(table, self.labels)), self.metrics)

    # ---- print and figure --------------------------------------------------------------------------------------------

    def shown(
        self, table: pd.DataFrame, tables: Mapping[str, pd.DataFrame], published: PublishedResults
    ) -> pd.DataFrame:
        """The table as it is printed and drawn: averaged over seeds, with the paper's numbers."""
        from supcore.reporting.comparison import with_published
        from supcore.reporting.selection import average_seeds

        averaged = average_seeds(table, self.labels)
        return with_published(averaged, self.paper_rows(averaged), published)

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """The printed tables."""
        raise NotImplementedError

    def draw(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame], **options: Any) -> Figure:
        """A figure, see :meth:`figures`; by default on one data set against :attr:`reference`.

        Raises:
            SupError: there is nothing to draw.
        """
        from matplotlib import rc_context

        from supcore.reporting.style import STYLE

        rows = shown[(shown["dataset"] == options["dataset"]) & (shown["reference"] == self.reference)]
        if rows.empty:
            against = self.reference.replace("_", " ")
            message = f"no rows for {options['dataset']} against {against}; evaluate it before drawing"
            raise SupError(f"study {self.name}: {message}")
        with rc_context(STYLE):
            return self.figure(rows, tables)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """The figure of one data set."""
        raise NotImplementedError


def on_truth(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Rows of a data set with respect to ground truth."""
    return table[(table["dataset"] == dataset) & (table["reference"] == "ground_truth")]
