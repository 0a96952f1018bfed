"""A hash of the library code that a rule runs, so that editing the library re-runs what it changes."""

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec, resolve_name
from pathlib import Path

PACKAGE = "supcore"


def code_hash(*modules: str) -> str:
    """Hash of the sources of ``modules`` and of every module of this package that they import, directly or not.

    ``supcore.networks.*`` stands for all modules of that package, for those imported by name at run time.
    """
    files: set[Path] = set()
    for module in modules:
        before = len(files)
        _collect(module, files)
        if len(files) == before and _source(module) not in files:
            raise ImportError(f"no module {module} in {PACKAGE}")
    digest = hashlib.sha256()
    root = package_root()
    for file in sorted(files):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache
def package_root() -> Path:
    """Folder of the package."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError(f"{PACKAGE} is not installed")
    return Path(spec.origin).parent


def _collect(module: str, files: set[Path]) -> None:
    if module.endswith(".*"):
        package = module.removesuffix(".*")
        for member in package_root().joinpath(*package.split(".")[1:]).glob("*.py"):
            _collect(package if member.stem == "__init__" else f"{package}.{member.stem}", files)
        return
    file = _source(module)
    if file is None or file in files:
        return
    files.add(file)
    files.update((file.parent / "csrc").glob("*"))  # compiled sources beside the module
    for imported in _imports(file, module):
        _collect(imported, files)


def _source(module: str) -> Path | None:
    """The file of a module of the package, without importing it; None for anything else."""
    if module != PACKAGE and not module.startswith(f"{PACKAGE}."):
        return None
    base = package_root().joinpath(*module.split(".")[1:])
    for candidate in (base / "__init__.py", base.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


@lru_cache
def _imports(file: Path, module: str) -> tuple[str, ...]:
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    return tuple(_imported_names(ast.parse(file.read_text(encoding="utf-8")), package))


def _imported_names(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
