"""Patterns of paths below a folder, in which named placeholders such as ``{frame}`` stand for what pairs files.

``*`` and ``?`` stand for what does not matter, as in a shell; ``**/`` for any folders. None of them crosses a ``/``
otherwise. A pattern that is the path of a folder stands for the files in it.
"""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from supcore.data.pairing import visible_files
from supcore.errors import SupError

Parts = tuple[tuple[str, str], ...]  # name and value of every placeholder, sorted

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_TOKEN = re.compile(rf"{_PLACEHOLDER.pattern}|(\*\*/|\*|\?)")
_WILD = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}


def placeholders(pattern: str) -> frozenset[str]:
    """Names of the placeholders in a pattern."""
    return frozenset(_PLACEHOLDER.findall(pattern))


def folders_of(pattern: str) -> str:
    """Shell pattern of the folders that hold the files of a pattern; ``./`` for the one that patterns begin at."""
    path = PurePosixPath(as_glob(pattern))
    return f"{path.parent}/" if _TOKEN.search(PurePosixPath(pattern).name) else str(path)


def as_glob(pattern: str) -> str:
    """The shell pattern of all files that a pattern may stand for."""
    return _PLACEHOLDER.sub("*", str(PurePosixPath(pattern)).replace("[", "[[]"))


def matching_files(root: Path, pattern: str, suffixes: Sequence[str]) -> list[Path]:
    """The files below ``root`` that a pattern stands for, sorted.

    Args:
        root: folder that the pattern begins at.
        pattern: relative path.
        suffixes: in lower case; other files do not count.

    Raises:
        SupError: there is none.
    """
    glob = f"{as_glob(pattern)}/*" if (root / pattern).is_dir() else as_glob(pattern)
    found = sorted(file for file in visible_files(root, glob) if file.suffix.lower() in suffixes and file.is_file())
    if not found:
        raise SupError(f"{root / pattern}: no {', '.join(suffixes)} files there; check the path or the pattern")
    return found


def files_by_parts(root: Path, pattern: str, suffixes: Sequence[str]) -> dict[Parts, Path]:
    """The same by what their placeholders stand for.

    Raises:
        SupError: there is none, or two files have the same.
    """
    expression, found = _expression(pattern), dict[Parts, Path]()
    for file in matching_files(root, pattern, suffixes):
        match = expression.fullmatch(file.relative_to(root).as_posix())
        if match is None:  # a placeholder in two places that differ
            continue
        parts = tuple(sorted(match.groupdict().items()))
        if parts in found:
            same = ", ".join(f"{name} {value}" for name, value in parts)
            raise SupError(f"{file}: has {same}, like {found[parts]}; make the pattern {pattern} tell them apart")
        found[parts] = file
    return found


def filled(root: Path, pattern: str, parts: Parts) -> Path:
    """The path with the placeholders replaced."""
    values = dict(parts)
    return root / _PLACEHOLDER.sub(lambda match: values[match[1]], pattern)


def _expression(pattern: str) -> re.Pattern[str]:
    """The first place of a placeholder catches its value; others must have the same."""
    pieces, end, seen = [], 0, set[str]()
    pattern = str(PurePosixPath(pattern))
    for token in _TOKEN.finditer(pattern):
        name, wild = token.groups()
        pieces.append(re.escape(pattern[end : token.start()]))
        pieces.append(_WILD[wild] if wild else f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+)")
        seen.add(name)
        end = token.end()
    return re.compile("".join([*pieces, re.escape(pattern[end:])]), re.DOTALL)
