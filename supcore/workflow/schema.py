"""Checking a configuration against its schema, and filling in the defaults that the schema states."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from jsonschema import ValidationError, validators  # type: ignore[import-untyped]

from supcore.attack.choices import PER_IMAGE_ATTACKS, Selection, StepRule
from supcore.data.layouts import LAYOUTS, MADE_LAYOUTS
from supcore.errors import SupError
from supcore.import_paths import is_import_path
from supcore.metric_names import BAD_PIXELS
from supcore.networks.registry import NETWORKS
from supcore.schema_violations import SchemaValidator, first_violation
from supcore.studies import STUDIES, find_study
from supcore.yaml_files import read_yaml, refuse_unwieldy

# Mappings of entries of which a later file takes one out by ``name: null``.
REMOVABLE = (("evaluation", "datasets"), ("sups", "sources"), ("studies",))


def _corruptions() -> Iterable[str]:
    """Imported when a configuration lists some: their functions need OpenCV and SciPy, a quarter of a second."""
    from supcore.corruptions.registry import CORRUPTIONS

    return CORRUPTIONS


def _corruption_groups() -> Iterable[str]:
    from supcore.corruptions.registry import GROUPS

    return GROUPS


def _scenes() -> Iterable[str]:
    from supcore.data.synthetic import SCENES

    return SCENES


# What the schema's keyword ``registry`` may name. Nothing here imports PyTorch.
REGISTRIES: dict[str, Callable[[], Iterable[str]]] = {
    "networks": lambda: NETWORKS,
    "layouts": lambda: (*MADE_LAYOUTS, *LAYOUTS),
    "layouts on disk": lambda: LAYOUTS,
    "scenes": _scenes,
    "corruptions": _corruptions,
    "corruption groups": _corruption_groups,
    "step rules": lambda: get_args(StepRule),
    "selections": lambda: get_args(Selection),
    "per-image attacks": lambda: PER_IMAGE_ATTACKS,
    "metrics": lambda: BAD_PIXELS,
}
# Those that an import path may add to.
_OPEN = ("layouts", "layouts on disk", "corruptions")


def check_config_files(files: Iterable[str | Path]) -> None:
    """Read the files of a configuration once more than Snakemake, which lets the last of two equal keys win.

    Raises:
        SupError: a file with a key that is there twice; the message names the place.
    """
    for file in map(Path, files):
        if file.suffix in (".yaml", ".yml") and file.is_file():
            try:
                read_yaml(file)
            except (OSError, ValueError) as error:
                raise SupError(f"{file}: {error}; correct this place") from error


def complete_config(config: dict[str, Any], schema: str | Path) -> None:
    """Take out of ``config`` what is null in :data:`REMOVABLE`, check it and fill in the defaults of keys, in place.

    Args:
        config: the merged YAML configuration.
        schema: JSON schema, written as YAML.

    Raises:
        SupError: a key that is unknown or missing, or a value that it cannot have; the message names the key.
    """
    try:
        refuse_unwieldy(config)
    except ValueError as error:
        raise SupError(f"configuration: {error}; make it smaller") from error
    _take_out(config)
    validator = _Validator(complete_schema(config, schema))
    violation = first_violation(validator, config)
    if violation is not None:
        key, explanation = violation
        raise SupError(f"{f'config key {key}' if key else 'configuration'}: {explanation}")


def _take_out(config: dict[str, Any]) -> None:
    for path in REMOVABLE:
        place: Any = config
        for key in path:
            place = place.get(key) if isinstance(place, dict) else None
        for name in [name for name, value in place.items() if value is None] if isinstance(place, dict) else []:
            del place[name]


def complete_schema(config: dict[str, Any], schema: str | Path) -> dict[str, Any]:
    """The schema with the keys of the studies, which stand beside their code.

    Args:
        config: for the studies that are not the library's own.
        schema: JSON schema, written as YAML.

    Raises:
        SupError: a study that cannot be imported.
    """
    complete: dict[str, Any] = yaml.safe_load(Path(schema).read_text(encoding="utf-8"))
    given = config.get("studies")
    given = given if isinstance(given, dict) else {}
    known = {name: find_study(name, {}) for name in STUDIES}
    own = {name: entry for name, entry in given.items() if isinstance(entry, dict) and name not in known}
    sections = {name: study.schema() for name, study in known.items() if study.keys}
    for name, entry in own.items():
        sections[name] = find_study(name, entry).schema()
        sections[name]["properties"]["study"] = {"type": "string"}  # its import path
    complete["properties"]["studies"]["properties"] = sections
    return complete


def _fill_in(validator: Any, properties: dict[str, Any], instance: Any, schema: dict[str, Any]) -> Iterator[Any]:
    """The keyword ``properties`` with the defaults, as the documentation of jsonschema suggests it."""
    if validator.is_type(instance, "object"):
        for name, rule in properties.items():
            if "default" in rule:
                instance.setdefault(name, copy.deepcopy(rule["default"]))
    yield from SchemaValidator.VALIDATORS["properties"](validator, properties, instance, schema)


def _in_registry(_: Any, registry: str, instance: Any, __: dict[str, Any]) -> Iterator[Any]:
    """The keyword ``registry``: the value is a name that the library has there."""
    known = list(REGISTRIES[registry]())
    from_elsewhere = registry in _OPEN and isinstance(instance, str) and is_import_path(instance)
    if instance not in known and not from_elsewhere:
        yield ValidationError(f"{instance!r} is none of the {registry}; known: {', '.join(known)}")


def _is_integer(_: Any, value: Any) -> bool:
    """Without 10.0, which JSON takes for an integer and Python's ``range`` does not."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker: Any, value: Any) -> bool:
    """Without NaN and infinity, which YAML can write and no limit of the schema can catch."""
    return _is_integer(checker, value) or (isinstance(value, float) and math.isfinite(value))


_Validator = validators.extend(
    SchemaValidator,
    {"properties": _fill_in, "registry": _in_registry},
    type_checker=SchemaValidator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number}),
)
