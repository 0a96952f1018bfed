"""What is not part of the library is named by an import path: ``package.module:Name``."""

from collections.abc import Mapping
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


def find_entry(name: str, registry: Mapping[str, Kind], kind: type[Kind]) -> Kind:
    """An entry of one of the library's registries, or an object of the same kind from elsewhere.

    Args:
        name: a key of the registry, or the import path of an instance of ``kind``.
        registry: of the library.
        kind: class of its entries.

    Raises:
        SupError: there is none, it cannot be imported, or is something else.
    """
    if name in registry:
        return registry[name]
    if not is_import_path(name):
        noun, known = kind.__name__.lower(), ", ".join(registry)
        raise SupError(f"unknown {noun} {name!r}; known: {known}, or an import path package.module:NAME")
    found = import_from(name)
    if not isinstance(found, kind):
        raise SupError(f"{name} is no {kind.__name__}; make it one of {kind.__module__}.{kind.__name__}")
    return found
