"""Reading YAML that nobody has vouched for: every key once, and nothing that means far more than its file holds."""

from pathlib import Path
from typing import Any

import yaml

from supcore.errors import shown
from supcore.files import require_regular

DEEPEST = 100
LARGEST = 10_000_000  # characters, where a value counts ten and aliases count as often as they stand
LONGEST_NUMBER = 18  # digits; Python refuses to write some thousands of them


class _Loader(yaml.SafeLoader):
    """Names the place of what is wrong."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {shown(key.value)!r} stands here again", problem_mark=key.start_mark
                    )
                seen.add((key.tag, key.value))
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (yaml.YAMLError, RecursionError):
            raise
        except Exception as error:  # a value that its tag cannot have surfaces as almost any exception
            problem = f"{shown(node.value)!r} is no {node.tag.rpartition(':')[2]}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error


def read_yaml(path: str | Path) -> Any:
    """The content of a YAML file of plain values.

    Raises:
        OSError: it cannot be read.
        ValueError: not UTF-8, no YAML, a key that is there twice, or too large; one line that names the place.
    """
    require_regular(path)
    with Path(path).open(encoding="utf-8") as stream:  # of a stream, errors quote no line, which may hold a password
        try:
            content = yaml.load(stream, _Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "an unknown place"
            raise ValueError(f"{shown(error.problem or error.context, 200)} in {place}") from error
        except yaml.YAMLError as error:
            raise ValueError(shown(" ".join(str(error).split()), 300)) from error
        except RecursionError as error:
            raise ValueError("nests too deep") from error
    refuse_unwieldy(content)
    return content


def refuse_unwieldy(content: Any) -> None:
    """Raise for plain values that would take ages to check or could not be printed.

    Raises:
        ValueError: nested too deep, with aliases of aliases, or with huge numbers.
    """
    size, _ = _measure(content, {}, 0)
    if size > LARGEST:
        raise ValueError("its aliases stand for too many values")


def _measure(value: Any, known: dict[int, tuple[int, int]], depth: int) -> tuple[int, int]:
    """Size and height of a value; a list behind several aliases is measured once."""
    if isinstance(value, int) and abs(value) >= 10**LONGEST_NUMBER:
        raise ValueError(f"holds a number of more than {LONGEST_NUMBER} digits")
    if not isinstance(value, dict | list):
        return 10 + (len(value) if isinstance(value, str) else 0), 0
    if id(value) not in known:
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        if depth < DEEPEST:  # one that holds itself has no end
            measured = [_measure(part, known, depth + 1) for part in parts]
            height = 1 + max((part[1] for part in measured), default=0)
            known[id(value)] = 10 + sum(part[0] for part in measured), height
        if depth >= DEEPEST or height > DEEPEST:
            raise ValueError(f"nests more than {DEEPEST} levels deep")
    return known[id(value)]
