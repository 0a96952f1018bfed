"""The code blocks of the documentation, and the comments before them that say how to read them.

``<!-- on top of config/paper.yaml -->`` names the files that a YAML block is merged into, by default the demo's;
``<!-- not run: reason -->`` leaves a block out.
"""

import copy
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import yaml

from supcore.workflow.checks import checked_settings
from supcore.workflow.schema import complete_config
from supcore.workflow.studies import Studies

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "README.md", REPOSITORY / "config/README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<note>[^\n]+) -->\n\s*?)?^(?P<indent> *)```(?P<language>\w+)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its page below the repository, its line there, and what it holds."""

    page: str
    line: int
    language: str
    code: str
    note: str

    def __str__(self):
        return f"{self.page}:{self.line}"

    @property
    def skipped(self):
        """Why the block is not run; empty if it is."""
        return self.note.partition("not run: ")[2]

    @property
    def base(self):
        """Configuration files that the block stands on."""
        return re.findall(r"config/\S+\.yaml", self.note) or ["config/config.yaml"]


def blocks(*languages):
    """Every block of the languages, in the order of the pages."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            if match["language"] in languages and "--8<--" not in match["code"]:  # included files are tried as such
                line = text.count("\n", 0, match.start("indent")) + 1
                code = textwrap.dedent(match["code"])
                name = str(page.relative_to(REPOSITORY))
                found.append(Block(name, line, match["language"], code, match["note"] or ""))
    return found


def check(files, content=None):
    """Check configuration files, merged, with more on top, in the steps that the workflow begins with."""
    config = {}
    for file in files:
        _merge(config, yaml.safe_load((REPOSITORY / file).read_text(encoding="utf-8")))
    _merge(config, content or {})
    complete_config(config, REPOSITORY / "config/config.schema.yaml")
    Studies(checked_settings(config))


def _merge(config, other):
    """As Snakemake does with several files: mappings are merged, the rest is replaced."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _merge(config[key], value)
        else:
            config[key] = copy.deepcopy(value)
