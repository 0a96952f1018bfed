"""Every key of a configuration is explained once, in the schema, and stands in the tables of ``config/README.md``."""

import re

from docs.extensions.key_tables import PAGE, SCHEMA, TABLE, resolved, written

# Values in braces, which the meaning of their keys spells out.
WRITTEN_OUT = ("split_reference", "rendered_split")


def keys(rule, place=""):
    """Every key below a rule, as (path, rule)."""
    for name, key in rule.get("properties", {}).items():
        yield f"{place}{name}", key
        yield from keys(key, f"{place}{name}.")
    if isinstance(rule.get("additionalProperties"), dict):
        yield from keys(rule["additionalProperties"], f"{place}<name>.")
    for name, definition in rule.get("$defs", {}).items():
        yield from keys(definition, f"$defs.{name}.")


def test_every_key_has_a_description():
    found = dict(keys(SCHEMA))
    assert {"seed", "sups.sources.<name>.alpha", "$defs.recipe.augmentation.noise"} <= set(found)
    assert [path for path, key in found.items() if not resolved(key).get("description")] == []


def test_every_key_stands_in_a_table():
    shown = {"$defs.dataset": "datasets.<name>", "$defs.network": "networks.<name>"}
    rows = set()
    for match in TABLE.finditer(PAGE.read_text(encoding="utf-8")):
        place = "" if match[2] == "configuration" else f"{match[2]}."
        first_columns = re.findall(r"^\| (`[^|]+) \|", match[0], re.MULTILINE)
        rows |= {place + name for column in first_columns for name in re.findall(r"`([^`]+)`", column)}
    wanted = {path for path, _ in keys(SCHEMA) if not path.startswith(tuple(f"$defs.{name}." for name in WRITTEN_OUT))}
    for definition, place in shown.items():
        wanted = {path.replace(definition, place) for path in wanted}
    assert rows == wanted


def test_the_tables_are_current():
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "the schema or a registry has changed: run `make keys` and commit config/README.md"
