"""All that is installed is pinned with hashes, within the promised ranges, and for the oldest promised Python."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
OLDEST = PROJECT["project"]["requires-python"].removeprefix(">=")
EXTRAS = PROJECT["project"]["optional-dependencies"]
RANGES = {
    "requirements": sum(EXTRAS.values(), PROJECT["project"]["dependencies"]),
    **PROJECT["dependency-groups"],
}
INSTALLERS = ["Makefile", ".ci/run", "envs/Dockerfile", "envs/apptainer.def", "envs/environment.yaml"]


def pinned(lock):
    """Versions of a lock file, all of which have hashes."""
    text = (REPOSITORY / f"envs/{lock}.lock").read_text()
    entries = re.findall(
        r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)(.*\n(?:    --hash=sha256:[0-9a-f]{64}.*\n)*)", text, re.MULTILINE
    )
    assert len(entries) == len(re.findall(r"^\w", text, re.MULTILINE))
    assert all("--hash" in hashes for *_, hashes in entries)
    return {canonicalize_name(name): version for name, version, _ in entries}


def test_every_pinned_version_supports_the_oldest_python():
    installed = {canonicalize_name(d.name): d for d in distributions()}
    found = [
        installed[name]
        for name, v in pinned("requirements").items()
        if name in installed and installed[name].version == v
    ]
    assert found
    wanted = {d.name: d.metadata["Requires-Python"] or "" for d in found}
    too_new = {name: python for name, python in wanted.items() if not SpecifierSet(python).contains(OLDEST)}
    assert not too_new, f"take older versions by narrower ranges in pyproject.toml, then make lock: {too_new}"


@pytest.mark.parametrize("lock", RANGES)
def test_a_lock_holds_the_versions_that_are_asked_for(lock):
    versions = pinned(lock)
    for requirement in map(Requirement, RANGES[lock]):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), (
            f"make lock: {requirement}"
        )


def test_locks_that_meet_in_an_environment_agree():
    """The installation of a second one moves no version of the first."""
    first = pinned("requirements")
    for lock in ("build", "browser"):
        assert {name: v for name, v in pinned(lock).items() if first.get(name, v) != v} == {}, "make lock"


@pytest.mark.parametrize("file", INSTALLERS)
def test_nothing_is_installed_without_hashes(file):
    """Everything comes from a lock file, but the package itself, which is built with what is there."""
    text = (REPOSITORY / file).read_text().replace("\\\n", " ")
    commands = [
        part for line in text.splitlines() for part in re.split("&&|;", line) if re.search(r"\bpip install", part)
    ]
    assert commands
    for command in commands:
        locked = re.search(r"--require-hashes .*--requirement \S+\.lock", command)
        assert locked or "--no-deps --no-build-isolation --editable ." in command, command
        assert "--no-build-isolation" in command or re.search(r"(build|browser)\.lock", command), command
