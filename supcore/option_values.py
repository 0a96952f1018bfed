"""Whether options, as they come from YAML or a caller, are those that something takes: their names and types."""

import types
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Literal, Union, get_args, get_origin

from supcore.errors import SupError

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", types.NoneType: "null"}


def check_options(owner: str, known: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Check options by name and type.

    Args:
        owner: whose options they are, as the message begins, e.g. ``network psmnet``.
        known: type annotation of every option.
        options: values by name; a list will do for a tuple.

    Raises:
        SupError: one line that names the option, and the known ones or what its value must be.
    """
    unknown = sorted(set(options) - set(known))
    if unknown:
        listed = ", ".join(known) or "none"
        raise SupError(f"{owner}: unknown option {', '.join(unknown)}; known options: {listed}")
    for name, value in options.items():
        if not _fits(value, known[name]):
            raise SupError(f"{owner}: {name} must be {_words(known[name])}, got {value!r}")


def _fits(value: Any, annotation: Any) -> bool:
    """Whether a value has the type that an annotation tells; true for annotations beyond those that options need."""
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Literal:
        return value in parts
    if kind in (Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if kind is tuple and Ellipsis not in parts:
        return _is_list(value) and len(value) == len(parts) and all(map(_fits, value, parts))
    if kind in (tuple, list, Sequence):
        return _is_list(value) and all(_fits(item, parts[0]) for item in value)
    if annotation in (int, float):
        return isinstance(value, Integral if annotation is int else Real) and not isinstance(value, bool)
    return isinstance(value, annotation) if annotation in _WORDS else True


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _words(annotation: Any) -> str:
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Literal:
        return f"one of {', '.join(map(str, parts))}"
    if kind in (Union, types.UnionType):
        return " or ".join(map(_words, parts))
    if kind is tuple and Ellipsis not in parts:
        return f"a list of {len(parts)}, each {_words(parts[0])}"
    if kind in (tuple, list, Sequence):
        return f"a list, each item {_words(parts[0])}"
    return _WORDS.get(annotation, str(annotation))
