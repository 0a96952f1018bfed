"""The version stands in pyproject.toml; what repeats it for other readers must agree."""

import re
import tomllib
from pathlib import Path

import yaml

import supcore

REPOSITORY = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]


def test_the_package_has_the_version_of_its_metadata():
    assert supcore.__version__ == VERSION, "the environment is older than pyproject.toml; install the package again"


def test_the_citation_names_the_latest_release_of_the_changelog():
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    releases = re.findall(r"^## \[([\d.]+)\] - (\S+)$", (REPOSITORY / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert releases[0] == (citation["version"], citation["date-released"])
    assert citation["version"] == VERSION
