"""The paper's experiments, one module each: what is evaluated, the table, its print, its figures, the paper's numbers.

A study is found by its name in :data:`STUDIES`, or by the import path that a configuration gives
(``studies.<name>.study: my_module:MyStudy``). Importing a study's module needs neither PyTorch nor pandas, because the
workflow asks every study what to plan before anything is computed.
"""

from collections.abc import Mapping
from typing import Any

from supcore.errors import SupError
from supcore.import_paths import import_from
from supcore.studies.base import Drawing, PaperCell, Plan, Study

__all__ = ["STUDIES", "Drawing", "PaperCell", "Plan", "Study", "find_study", "make_study"]

# In the order in which their results are listed.
STUDIES = {
    "transfer": "supcore.studies.transfer:Transfer",
    "corruptions": "supcore.studies.corruptions:Corruptions",
    "corruption_scores": "supcore.studies.corruption_scores:CorruptionScores",
    "classes": "supcore.studies.classes:Classes",
    "sampling_efficiency": "supcore.studies.sampling_efficiency:SamplingEfficiency",
    "per_image": "supcore.studies.per_image:PerImage",
    "robust_design": "supcore.studies.robust_design:RobustDesign",
    "finetuning": "supcore.studies.finetuning:Finetuning",
    "targeted": "supcore.studies.targeted:Targeted",
    "tile_sizes": "supcore.studies.tile_sizes:TileSizes",
}


def study_path(name: str, settings: Mapping[str, Any]) -> str:
    """Import path of a study, ``module:Class``.

    Raises:
        SupError: it is no study of the library, and the settings name none.
    """
    path = settings.get("study", STUDIES.get(name))
    if path is None:
        raise SupError(
            f"config key studies.{name}: unknown study; known: {', '.join(STUDIES)}, or give its class as study"
        )
    return str(path)


def find_study(name: str, settings: Mapping[str, Any]) -> type[Study]:
    """The class of a study.

    Args:
        name: as in the configuration.
        settings: of the study; ``study`` is the import path of one that is not in :data:`STUDIES`.

    Raises:
        SupError: there is no such study.
    """
    path = study_path(name, settings)
    try:
        found = import_from(path)
    except SupError as error:
        raise SupError(f"config key studies.{name}.study: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Study)):
        raise SupError(f"config key studies.{name}.study: {path} is not a subclass of supcore.studies.Study")
    return found


def make_study(name: str, settings: Mapping[str, Any]) -> Study:
    """A study with its settings, see :func:`find_study`."""
    return find_study(name, settings)(name, settings)
