"""The tables of keys in ``config/README.md``, from the schema: ``make keys`` writes them, a test says if they are old.

A table stands between ``<!-- keys of PATH -->`` and ``<!-- end of keys -->``, where the path leads through the schema:
``sups.sources.<name>``, or ``$defs.recipe`` for what several sections share.
"""

import json
import re
from pathlib import Path
from typing import Any

from supcore.workflow.schema import REGISTRIES, complete_schema

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "config/README.md"
SCHEMA = complete_schema({}, REPOSITORY / "config/config.schema.yaml")
TABLE = re.compile(r"(<!-- keys of (\S+) -->\n).*?(<!-- end of keys -->\n)", re.DOTALL)
COMMON = "#/properties/"  # a reference to another key, not to a type


def written(page: str) -> str:
    """The page with its tables as they should be."""
    paths = [path for _, path, _ in TABLE.findall(page)]
    return TABLE.sub(lambda match: match[1] + table(match[2], paths) + match[3], page)


def table(path: str, others: list[str]) -> str:
    """One table; keys that have a table of their own are not opened."""
    rule = SCHEMA
    for name in path.split(".") if path != "configuration" else ():
        rule = resolved(rule["additionalProperties"] if name == "<name>" else {**rule, **rule["properties"]}[name])
    found = rows(rule, "", "" if path == "configuration" else f"{path}.", others)
    return "\n".join(["", "| key | default | meaning |", "|---|---|---|", *found, "", ""])


def rows(rule: dict[str, Any], prefix: str, place: str, others: list[str]) -> list[str]:
    """Rows for the keys of a mapping and, where these are mappings, for theirs."""
    found, common = [], []
    for name, key in rule.get("properties", {}).items():
        if key.get("$ref", "").startswith(COMMON):
            common.append(f"`{prefix}{name}`")
            continue
        names = f". Values: {values(key)}" if values(key) else ""
        found.append(f"| `{prefix}{name}` | {default(name, key, rule)} | {resolved(key)['description']}{names} |")
        if f"{place}{name}" not in others and "$ref" not in key:
            found += rows(key, f"{prefix}{name}.", f"{place}{name}.", others)
    if common:
        found.append(f"| {', '.join(common)} | | this one's own value of the common key |")
    inner = rule.get("additionalProperties")
    if isinstance(inner, dict) and "$ref" not in inner and f"{place}<name>" not in others:
        found += rows(inner, f"{prefix}<name>.", f"{place}<name>.", others)
    return found


def default(name: str, key: dict[str, Any], rule: dict[str, Any]) -> str:
    """What stands in the column of defaults."""
    if name in rule.get("required", ()):
        return "required"
    return f"`{json.dumps(key['default']).strip(chr(34))}`" if "default" in key else ""


def values(key: dict[str, Any]) -> str:
    """The names that a key can have, or each entry of its list."""
    rule = resolved(key)
    names = [*rule.get("enum", ()), *(REGISTRIES[rule["registry"]]() if "registry" in rule else ())]
    if names:
        return ", ".join(f"`{name}`" for name in names)
    entries = values(rule["items"]) if "items" in rule else ""
    others = [rule["else"]] if "else" in rule else rule.get("oneOf", ())
    return f"a list of {entries}" if entries else ", or ".join(filter(None, map(values, others)))


def resolved(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule with what it refers to, one step down; its own words win."""
    target: Any = {}
    if "$ref" in rule:
        target = SCHEMA
        for name in rule["$ref"].removeprefix("#/").split("/"):
            target = target[name]
    return {**target, **rule, "properties": rule.get("properties", target.get("properties", {}))}


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
