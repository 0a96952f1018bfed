"""Hash of some methods of a class, so that editing how a study is drawn does not evaluate it anew."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from supcore.workflow.code_hash import PACKAGE, collect, digest, file_hashes, parse, source, tree_text

# Modules whose classes are hashed by their methods; from all others everything counts.
BY_METHOD = f"{PACKAGE}.studies"


@cache
def class_hash(path: str, methods: tuple[str, ...]) -> str:
    """Hash of methods of a class, and of all that they use: other methods, names of their modules, imported modules.

    Args:
        path: ``package.module:ClassName``.
        methods: where to begin.

    Raises:
        ImportError: the module has no source file.
    """
    module, _, name = path.partition(":")
    reached = _Reached(frozenset([PACKAGE, module.partition(".")[0]]), module)
    reached.follow(reached.lineage(module, name), methods)
    return digest([*(f"{key} {text}" for key, text in sorted(reached.parts.items())), *file_hashes(reached.files)])


@dataclass
class _Reached:
    """What has been reached: parts of modules that are hashed by their names, and whole files of others."""

    packages: frozenset[str]
    own: str
    parts: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    def lineage(self, module: str, name: str) -> list[tuple[str, ast.ClassDef]]:
        """A class and its bases, as far as they are hashed by their methods."""
        found = _definitions(self._tree(module)).get(name)
        if isinstance(found, ast.ImportFrom) and self._by_name(found.module or ""):
            return self.lineage(found.module or "", name)
        if not isinstance(found, ast.ClassDef):
            return []
        bases = [base.id for base in found.bases if isinstance(base, ast.Name)]
        return [(module, found), *(pair for base in bases for pair in self.lineage(module, base))]

    def follow(self, classes: list[tuple[str, ast.ClassDef]], methods: Iterable[str]) -> None:
        """Reach methods and attributes of a class; those of the same name in its bases, too."""
        pending, seen = list(methods), set[str]()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            for module, cls in classes:
                node = _definitions(cls).get(name)
                if node is not None:
                    self._reach(module, f"{cls.name}.{name}", node)
                    pending += [n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)]

    def _reach(self, module: str, name: str, node: ast.stmt) -> None:
        key = f"{module}:{name}"
        if key in self.parts:
            return
        self.parts[key] = tree_text(node)
        names = _definitions(self._tree(module))
        for part in ast.walk(node):
            if isinstance(part, ast.Import | ast.ImportFrom):
                self._imported(part)
            elif isinstance(part, ast.Name) and part.id in names:
                used = names[part.id]
                if isinstance(used, ast.Import | ast.ImportFrom):
                    self._imported(used, part.id)
                else:
                    self._reach(module, part.id, used)

    def _imported(self, node: ast.Import | ast.ImportFrom, only: str | None = None) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                collect(alias.name, self.packages, self.files)
            return
        module = node.module or ""
        for alias in node.names:
            if only not in (None, alias.asname or alias.name):
                continue
            if self._by_name(module):
                found = _definitions(self._tree(module)).get(alias.name)
                if found is not None:
                    self._reach(module, alias.name, found)
            else:
                collect(module, self.packages, self.files)
                collect(f"{module}.{alias.name}", self.packages, self.files)

    def _by_name(self, module: str) -> bool:
        return module == self.own or module == BY_METHOD or module.startswith(f"{BY_METHOD}.")

    def _tree(self, module: str) -> ast.Module:
        file = source(module, self.packages)
        if file is None:
            raise ImportError(f"no module {module} on Python's path")
        return parse(file)


def _definitions(tree: ast.Module | ast.ClassDef) -> dict[str, ast.stmt]:
    """The names that a module or class defines or imports, below ``if TYPE_CHECKING`` aside."""
    return {name: node for node in tree.body for name in _names(node)}


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
