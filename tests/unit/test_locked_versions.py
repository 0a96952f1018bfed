"""The pinned versions can be installed with the oldest Python that the project promises."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet

REPOSITORY = Path(__file__).resolve().parents[2]
OLDEST = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
PINNED = re.findall(r"^([\w.-]+)==(\S+)", (REPOSITORY / "envs/requirements.lock").read_text(), re.MULTILINE)


def test_every_pinned_version_supports_the_oldest_python():
    installed = {d.name: d for d in distributions()}
    pinned = [installed[name] for name, version in PINNED if name in installed and installed[name].version == version]
    assert pinned
    wanted = {d.name: d.metadata["Requires-Python"] or "" for d in pinned}
    too_new = {name: python for name, python in wanted.items() if not SpecifierSet(python).contains(OLDEST)}
    assert not too_new, f"pin older versions in envs/requirements.lock: {too_new}"
