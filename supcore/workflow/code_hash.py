"""Hashes of the code that a rule runs, so that editing it re-runs what it changes and nothing else.

The code is followed from a script through its imports, and counts as a syntax tree without docstrings: comments and
layout change nothing. A network is found by its name at run time, so its code is hashed by itself.
"""

import ast
import copy
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path

from supcore.networks.registry import NETWORKS

PACKAGE = "supcore"
# Files beside a module that count where it mentions them: compiled sources, templates of pages.
_BESIDE = {"csrc": "csrc/*", ".j2": "*.j2"}
# Studies are found by name at run time and hashed by what a job uses of them: supcore.workflow.class_hash.
_BY_METHOD = f"{PACKAGE}.studies."
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def script_hash(script: str) -> str:
    """Hash of a script and of all that it imports of this package, directly or not.

    Args:
        script: path of a Python file.
    """
    tree = ast.parse(Path(script).read_text(encoding="utf-8"), script)
    files: dict[str, Path] = {}
    for module in _imported_names(tree, ""):
        collect(module, frozenset([PACKAGE]), files)
    return digest([_tree_hash(Path(script)), *file_hashes(files)])


@cache
def network_hash(architecture: str) -> str:
    """Hash of a network's module and of what it imports of this package and of its own.

    Args:
        architecture: a key of ``NETWORKS``, or ``package.module:ClassName`` for a network from elsewhere.

    Raises:
        ImportError: the module has no source file.
    """
    known = NETWORKS.get(architecture)
    return digest([repr(known), module_hash(known.module if known else architecture)])


@cache
def module_hash(path: str) -> str:
    """Hash of a module and of what it imports of this package and of its own.

    Args:
        path: ``package.module``, or ``package.module:Name`` for something in it.

    Raises:
        ImportError: the module has no source file.
    """
    module = path.partition(":")[0]
    packages = frozenset([PACKAGE, module.partition(".")[0]])
    if source(module, packages) is None:
        raise ImportError(f"no module {module} on Python's path")
    files: dict[str, Path] = {}
    collect(module, packages, files)
    return digest(list(file_hashes(files)))


def digest(parts: list[str]) -> str:
    """Hash of these texts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def file_hashes(files: dict[str, Path]) -> Iterator[str]:
    """Name and hash of every file."""
    for name, file in sorted(files.items()):
        yield f"{name} {_tree_hash(file)}"


@cache
def _tree_hash(file: Path) -> str:
    """Hash of a Python file without comments, layout and docstrings; of any other file as it is."""
    if file.suffix != ".py":
        return hashlib.sha256(file.read_bytes()).hexdigest()
    return hashlib.sha256(tree_text(parse(file)).encode()).hexdigest()


def tree_text(tree: ast.AST) -> str:
    """A syntax tree as text, without docstrings."""
    tree = copy.deepcopy(tree)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


@cache
def parse(file: Path) -> ast.Module:
    """The syntax tree of a Python file; not to be changed."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


@cache
def _root(package: str) -> Path | None:
    """Where a top-level package or module is, without its suffix if it is a file; it is not imported."""
    spec = find_spec(package)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin).with_suffix("") if spec.origin else None


def collect(module: str, packages: frozenset[str], files: dict[str, Path]) -> None:
    """Add the sources of a module and of its imports to ``files``, by name."""
    file = source(module, packages)
    if file is None or module in files or f"{module}.".startswith(_BY_METHOD):
        return
    files[module] = file
    text = file.read_text(encoding="utf-8")
    for mention, pattern in _BESIDE.items():
        if mention in text:
            files.update((f"{module}/{other.name}", other) for other in file.parent.glob(pattern))
    for imported in _imports(file, module):
        collect(imported, packages, files)


def source(module: str, packages: frozenset[str]) -> Path | None:
    """The file of a module of one of the packages, without importing it; None for anything else."""
    package, *rest = module.split(".")
    root = _root(package) if package in packages else None
    if root is None:
        return None
    base = root.joinpath(*rest)
    for candidate in (base / "__init__.py", base.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


@cache
def _imports(file: Path, module: str) -> tuple[str, ...]:
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    return tuple(_imported_names(parse(file), package))


def _imported_names(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
