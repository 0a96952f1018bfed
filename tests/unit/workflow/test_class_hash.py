"""The hash of a study changes with what a kind of job uses of it, and with nothing else."""

import shutil
from pathlib import Path

import pytest

import supcore
from supcore.studies import STUDIES
from supcore.workflow import code_hash
from supcore.workflow.class_hash import class_hash
from supcore.workflow.studies import _METHODS

pytestmark = pytest.mark.thorough

CORRUPTIONS = STUDIES["corruptions"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package that is hashed instead of this one."""
    folder = tmp_path / "supcore"
    shutil.copytree(Path(supcore.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code_hash, "_root", lambda name: folder if name == "supcore" else None)
    return folder


def hashes(path=CORRUPTIONS):
    for cached in (class_hash, code_hash._tree_hash, code_hash._imports, code_hash.parse):
        cached.cache_clear()
    return {part: class_hash(path, methods) for part, methods in _METHODS.items()}


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("studies/corruptions.py", "shared_draws=shared", "shared_draws=not shared", {"records"}),
        ("studies/corruptions.py", "yield NO_CORRUPTION, 0", "yield NO_CORRUPTION, 1", {"records"}),
        ("studies/corruptions.py", "return with_change(table)", "return table", {"table"}),
        ("studies/corruptions.py", "* (truth[", "+ (truth[", {"table"}),
        ("studies/corruptions.py", "share_limits(grid[2:])", "share_limits(grid)", {"figure"}),
        ("studies/corruptions.py", "resists = True", "resists = False", set()),
        ("studies/corruptions.py", "one bar per network", "a bar per network", set()),
        ("studies/corruptions.py", "# ---- evaluation", "# ----", set()),
        ("studies/classes.py", "min_pixels=self", "min_pixels=1 + self", set()),
        ("studies/base.py", "for target in job.targets()", "for target in list(job.targets())", {"records"}),
        ("reporting/grouped_bars.py", "0.82", "0.83", {"figure"}),
        ("reporting/matrix.py", '_ABSENT = "-"', '_ABSENT = ""', {"table", "figure"}),
        ("corruptions/noise.py", "def ", "OTHER = 1\n\n\ndef ", {"records", "table", "figure", "numbers"}),
    ],
)
def test_an_edit_changes_the_parts_that_use_it(package, file, old, new, changed):
    before = hashes()
    text = (package / file).read_text()
    (package / file).write_text(text.replace(old, new))
    after = hashes()
    assert {part for part in before if before[part] != after[part]} == changed


def test_a_study_of_one_s_own_is_hashed_with_what_it_inherits(package, tmp_path, monkeypatch):
    own = tmp_path / "own_study.py"
    own.write_text("from supcore.studies.classes import Classes\n\n\nclass Own(Classes):\n    evaluates = True\n")
    roots = {"supcore": package, "own_study": Path(tmp_path / "own_study")}
    monkeypatch.setattr(code_hash, "_root", roots.get)
    before = hashes("own_study:Own")
    classes = package / "studies/classes.py"
    classes.write_text(classes.read_text().replace("min_pixels=self", "min_pixels=1 + self"))
    after = hashes("own_study:Own")
    assert {part for part in before if before[part] != after[part]} == {"records"}


def test_a_module_that_is_not_there_is_named(package):
    with pytest.raises(ImportError, match="no module nowhere"):
        class_hash("nowhere:Study", ("records",))
