"""The family of a network, read from the source of its class: planning a run takes no PyTorch."""

import ast
from functools import cache

from supcore.networks.registry import NETWORKS
from supcore.workflow.code_hash import PACKAGE, parse, source


@cache
def network_family(architecture: str) -> str | None:
    """What the class of a network, or the nearest of its bases, says of itself as ``family``.

    Args:
        architecture: a key of ``NETWORKS``, or ``package.module:ClassName`` for a network from elsewhere.

    Returns:
        One of :data:`supcore.networks.base.Family`; None where the source does not say it in so many letters.
    """
    known = NETWORKS.get(architecture)
    module, _, name = (known.module, ":", known.network) if known else architecture.partition(":")
    return _stated(module, name, frozenset([PACKAGE, module.partition(".")[0]]))


def _stated(module: str, name: str, packages: frozenset[str]) -> str | None:
    file = source(module, packages)
    if file is None:
        return None
    for node in parse(file).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
            found = (_stated(module, base, packages) for base in bases)
            return _family(node) or next((family for family in found if family), None)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return _stated(node.module, alias.name, packages)
    return None


def _family(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        if any(isinstance(target, ast.Name) and target.id == "family" for target in targets):
            return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
    return None
