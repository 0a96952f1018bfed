"""A hash of the code that a rule runs, so that editing it re-runs what it changes."""

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec, resolve_name
from pathlib import Path

PACKAGE = "supcore"


def code_hash(*modules: str) -> str:
    """Hash of the sources of ``modules`` and of what they import, directly or not.

    Imports count within this package and within the packages of ``modules``; other libraries do not.
    ``supcore.networks.*`` stands for all modules of that package, for those imported by name at run time.

    Raises:
        ImportError: a module has no source file.
    """
    packages = frozenset((PACKAGE, *(module.partition(".")[0] for module in modules)))
    files: dict[str, Path] = {}
    for module in modules:
        if _source(module.removesuffix(".*"), packages) is None:
            raise ImportError(f"no module {module} on Python's path")
        _collect(module, packages, files)
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        digest.update(name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def package_root() -> Path:
    """Folder of this package."""
    root = _root(PACKAGE)
    if root is None:
        raise ImportError(f"{PACKAGE} is not installed")
    return root


@lru_cache
def _root(package: str) -> Path | None:
    """Where a top-level package or module is, without its suffix if it is a file; it is not imported."""
    spec = find_spec(package)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin).with_suffix("") if spec.origin else None


def _collect(module: str, packages: frozenset[str], files: dict[str, Path]) -> None:
    """Add the sources of a module and of its imports to ``files``, by name."""
    if module.endswith(".*"):
        package = module.removesuffix(".*")
        folder = _source(package, packages).parent  # type: ignore[union-attr]
        for member in folder.glob("*.py"):
            _collect(package if member.stem == "__init__" else f"{package}.{member.stem}", packages, files)
        return
    file = _source(module, packages)
    if file is None or module in files:
        return
    files[module] = file
    # Compiled sources beside the module.
    files.update((f"{module}/{source.name}", source) for source in (file.parent / "csrc").glob("*"))
    for imported in _imports(file, module):
        _collect(imported, packages, files)


def _source(module: str, packages: frozenset[str]) -> Path | None:
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


@lru_cache
def _imports(file: Path, module: str) -> tuple[str, ...]:
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    return tuple(_imported_names(ast.parse(file.read_text(encoding="utf-8"), str(file)), package))


def _imported_names(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
