"""What is not part of the library is named by an import path: ``package.module:Name``."""

from importlib import import_module
from typing import TypeVar

from supcore.errors import SupError

Kind = TypeVar("Kind")


def is_import_path(name: str) -> bool:
    """Whether a name is an import path rather than a key of one of the library's registries."""
    module, colon, attribute = name.partition(":")
    return bool(module and colon and attribute)


def import_from(path: str) -> object:
    """What stands at an import path.

    Args:
        path: ``package.module:Name``; Python must be able to import the module.

    Raises:
        SupError: it cannot be imported.
    """
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        raise SupError(f"{path} cannot be imported ({error}); correct the path or the module") from error


def import_instance(path: str, kind: type[Kind]) -> Kind:
    """The object at an import path, which has to be an instance of ``kind``.

    Raises:
        SupError: it cannot be imported, or is something else.
    """
    found = import_from(path)
    if not isinstance(found, kind):
        raise SupError(f"{path} is no {kind.__name__}; make it one of {kind.__module__}.{kind.__name__}")
    return found
