"""Where a YAML file departs from its JSON schema, in words that name the key."""

import re
from typing import Any

from jsonschema.exceptions import ValidationError, best_match  # type: ignore[import-untyped]

_SHOWN = 150  # characters of the beginning and the end of a long explanation


def first_violation(validator: Any, content: Any) -> tuple[str, str] | None:
    """The key that is most clearly wrong, as ``sups.epsilons[0]``, and what is wrong with it; None if nothing is.

    The key is empty where it is the file as a whole.

    Args:
        validator: of jsonschema.
        content: what the file holds.
    """
    error = best_match(validator.iter_errors(content))
    return None if error is None else (_key(error.absolute_path), _explanation(error))


def _key(parts: Any) -> str:
    """``weights.psmnet.kitti15.mirrors[0]``, as a reader would write it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
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
    message = " ".join(error.message.split())
    if len(message) > 2 * _SHOWN:
        message = f"{message[:_SHOWN]} … {message[-_SHOWN:]}"
    return f"{message}; correct this key"
