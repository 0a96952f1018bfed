"""Where a YAML file departs from its JSON schema, in words that name the key."""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators  # type: ignore[import-untyped]
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

from supcore.errors import shown, without_password

_SHOWN = 150  # characters of the beginning and the end of a long explanation


def _matches(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[Any]:
    """The keyword ``pattern`` with ``$`` as JSON schema means it: the end, where Python lets a line end follow."""
    wanted = re.sub(r"\$$", r"\\Z", pattern)
    if validator.is_type(instance, "string") and not re.search(wanted, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


SchemaValidator = validators.extend(Draft202012Validator, {"pattern": _matches})


def first_violation(validator: Any, content: Any) -> tuple[str, str] | None:
    """The key that is most clearly wrong, as ``sups.epsilons[0]``, and what is wrong with it; None if nothing is.

    The key is empty where it is the file as a whole.

    Args:
        validator: a :data:`SchemaValidator`.
        content: what the file holds.
    """
    error = best_match(validator.iter_errors(content))
    return None if error is None else (_key(error.absolute_path), _explanation(error))


def _key(parts: Any) -> str:
    """``weights.psmnet.kitti15.mirrors[0]``, as a reader would write it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in parts)
    return text.removeprefix(".")


def _explanation(error: ValidationError) -> str:
    """The words of jsonschema, except where these show the schema instead of what to do."""
    if error.validator == "oneOf" and all("required" in choice for choice in error.validator_value):
        return f"give exactly one of {', '.join(choice['required'][0] for choice in error.validator_value)}"
    if error.validator == "registry":
        return error.message
    if error.validator == "not":
        return f"{error.instance!r} has no meaning here; remove it"
    if error.validator == "type" and re.fullmatch(r"[-+]?\d+e[-+]?\d+", str(error.instance)):
        return f"YAML takes {error.instance!r} for text; write the number with a point, as 1.0e-4"
    message = without_password(" ".join(error.message.split()))
    if len(message) > 2 * _SHOWN:
        message = f"{message[:_SHOWN]} … {message[-_SHOWN:]}"
    return f"{message}; correct this key"
