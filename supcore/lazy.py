"""Names that a package imports at first use, so that what is light in it can be had without PyTorch."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package; type checkers need the same imports below ``TYPE_CHECKING``.

    Args:
        package: its ``__name__``.
        modules: the module below the package that holds each name.
    """

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{modules[name]}"), name)

    return get
