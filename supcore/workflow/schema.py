"""Checking a configuration against its schema, and filling in the defaults that the schema states."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators  # type: ignore[import-untyped]

from supcore.attack.choices import PER_IMAGE_ATTACKS, Selection, StepRule
from supcore.data.layouts import LAYOUTS
from supcore.errors import SupError
from supcore.networks.registry import NETWORKS
from supcore.schema_violations import first_violation

# Layouts whose pairs the pipeline makes itself.
MADE_LAYOUTS = ("synthetic", "motorcycle")


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
}


def complete_config(config: dict[str, Any], schema: str | Path) -> None:
    """Check ``config`` and fill in the defaults of the keys that it lacks, in place.

    Args:
        config: the merged YAML configuration.
        schema: JSON schema, written as YAML.

    Raises:
        SupError: a key that is unknown or missing, or a value that it cannot have; the message names the key.
    """
    validator = _Validator(yaml.safe_load(Path(schema).read_text(encoding="utf-8")))
    violation = first_violation(validator, config)
    if violation is not None:
        key, explanation = violation
        raise SupError(f"{f'config key {key}' if key else 'configuration'}: {explanation}")


def _fill_in(validator: Any, properties: dict[str, Any], instance: Any, schema: dict[str, Any]) -> Iterator[Any]:
    """The keyword ``properties`` with the defaults, as the documentation of jsonschema suggests it."""
    if validator.is_type(instance, "object"):
        for name, rule in properties.items():
            if "default" in rule:
                instance.setdefault(name, copy.deepcopy(rule["default"]))
    yield from Draft202012Validator.VALIDATORS["properties"](validator, properties, instance, schema)


def _in_registry(_: Any, registry: str, instance: Any, __: dict[str, Any]) -> Iterator[Any]:
    """The keyword ``registry``: the value is a name that the library has there."""
    known = list(REGISTRIES[registry]())
    if instance not in known:
        yield ValidationError(f"{instance!r} is none of the {registry}; known: {', '.join(known)}")


def _is_integer(_: Any, value: Any) -> bool:
    """Without 10.0, which JSON takes for an integer and Python's ``range`` does not."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker: Any, value: Any) -> bool:
    """Without NaN and infinity, which YAML can write and no limit of the schema can catch."""
    return _is_integer(checker, value) or (isinstance(value, float) and math.isfinite(value))


_Validator = validators.extend(
    Draft202012Validator,
    {"properties": _fill_in, "registry": _in_registry},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number}),
)
