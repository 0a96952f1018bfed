"""The studies that a configuration asks for."""

from collections.abc import Iterator
from functools import cached_property

from supcore.studies import STUDIES, Drawing, Study, find_study, study_path
from supcore.workflow.class_hash import class_hash
from supcore.workflow.code_hash import digest, module_hash
from supcore.workflow.settings import Settings

# What the jobs of a study call.
_METHODS = {
    "records": ("records",),
    "table": ("table", "shown", "matrices", "columns"),
    "figure": ("shown", "draw", "columns"),
    "numbers": ("numbers", "columns"),
}


class Studies:
    """The studies of a configuration, those that it need not name among them.

    Raises:
        SupError: a study does not exist or names something that does not.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._asked = {study.name: study for study in self._make()}

    def _make(self) -> Iterator[Study]:
        given = self.settings.config.get("studies", {})
        for name in dict.fromkeys((*STUDIES, *given)):
            cls = find_study(name, given.get(name, {}))
            settings = cls.settings_in(name, self.settings)
            if settings is not None:
                study = cls(name, settings)
                study.check(self.settings)
                yield study

    def __iter__(self) -> Iterator[Study]:
        return iter(self._asked.values())

    def __getitem__(self, name: str) -> Study:
        return self._asked[name]

    @property
    def names(self) -> list[str]:
        """Their names, in the order in which results are listed."""
        return list(self._asked)

    @cached_property
    def figures(self) -> dict[str, tuple[Study, Drawing]]:
        """Every figure by the name of its files."""
        return {name: (study, drawing) for study in self for name, drawing in study.figures(self.settings).items()}

    def code(self, name: str, part: str) -> str:
        """Hash of what one kind of job uses of a study: ``records``, ``table``, ``figure`` or ``numbers``."""
        study = self[name]
        own = class_hash(study_path(name, study.settings), _METHODS[part])
        return digest([own, *map(module_hash, study.modules())]) if part == "records" else own
