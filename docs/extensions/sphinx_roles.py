"""Cross-references of the docstrings (``:func:`name```) as those of the site."""

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):`(~?)([\w.]+)`")
PACKAGE = "supcore"


class SphinxRoles(griffe.Extension):
    """Turns roles into links where the name is one of the package's, else into code."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Rewrite every docstring once all modules are known."""
        if pkg.name == PACKAGE:
            _rewrite(pkg)


def _rewrite(parent: griffe.Object) -> None:
    if parent.docstring:
        parent.docstring.value = ROLE.sub(lambda role: _link(parent, *role.groups()), parent.docstring.value)
    for member in parent.members.values():
        if not member.is_alias:
            _rewrite(member)


def _link(place: griffe.Object, short: str, name: str) -> str:
    shown = f"`{name.rpartition('.')[2] if short else name}`"
    try:
        path = name if name.startswith(f"{PACKAGE}.") else place.resolve(name)
        target = place.package[path.removeprefix(f"{PACKAGE}.")]
    except (griffe.NameResolutionError, KeyError):
        return shown
    if target.is_alias:
        target = target.final_target
    # Constants have no entry of their own.
    return f"[{shown}][{target.module.path if target.is_attribute and not target.docstring else target.path}]"
