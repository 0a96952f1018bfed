"""The hashes that re-run a rule: they change with the code that the rule runs, and with nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import supcore
from supcore.workflow.code_hash import network_hash, script_hash

pytestmark = pytest.mark.thorough

SCRIPT = '"""A script."""\n\nfrom supcore.attack.universal import UniversalAttack\n'


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, and a script ``job.py`` beside it."""
    shutil.copytree(Path(supcore.__file__).parent, tmp_path / "supcore", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "job.py").write_text(SCRIPT)
    return tmp_path


def hashed(folder: Path, kind: str, name: str) -> str:
    """In a fresh process, as the parse of a Snakefile is."""
    program = (
        f"import sys, supcore; from supcore.workflow.code_hash import {kind};"
        f"print(supcore.__path__[0], {kind}(sys.argv[1]), 'torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", program, name]
    done = subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True, text=True)
    root, value, torch_imported = done.stdout.split()
    assert Path(root) == folder / "supcore"
    assert torch_imported == "False", "the workflow would take seconds to build its graph"
    return value


def script(folder):
    return hashed(folder, "script_hash", "job.py")


def network(folder, name):
    return hashed(folder, "network_hash", name)


def edit(folder: Path, file: str, text: str = "EDITED = 1") -> None:
    with (folder / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n{text}\n")


def test_a_script_changes_with_what_it_imports_and_with_nothing_else(copy):
    """supcore.attack.universal imports perturbation, which imports files; it does not import reporting."""
    before = script(copy)
    edit(copy, "supcore/reporting/style.py")
    edit(copy, "supcore/evaluation/records.py")
    (copy / "supcore/new_module.py").write_text("import supcore.attack.universal\n")
    assert script(copy) == before
    seen = {before}
    for file in ("job.py", *(f"supcore/{f}" for f in ("attack/universal.py", "files.py", "networks/base.py"))):
        edit(copy, file)
        seen.add(script(copy))
    assert len(seen) == 5


def test_comments_layout_and_docstrings_change_nothing(copy):
    before = script(copy)
    for file in ("job.py", "supcore/perturbation.py"):
        edit(copy, file, "# a comment")
    text = (copy / "supcore/attack/universal.py").read_text()
    (copy / "supcore/attack/universal.py").write_text(re.sub(r'"""One step[^"]*"""', '"""Other words."""\n\n', text))
    assert (copy / "supcore/attack/universal.py").read_text() != text
    assert script(copy) == before


def test_a_network_s_own_code_is_no_part_of_a_script(copy):
    """Jobs on other networks do not run again when one is edited."""
    names = ("psmnet", "psmnet_deform25", "aanet")
    before = [script(copy), *(network(copy, name) for name in names)]
    edit(copy, "supcore/networks/aanet.py")
    after = [script(copy), *(network(copy, name) for name in names)]
    assert after[:3] == before[:3]
    assert after[3] != before[3]
    assert len(set(before)) == 4


def test_compiled_sources_and_templates_count_where_they_are_used(copy):
    (copy / "job.py").write_text("from supcore.ops import backend\nfrom supcore.reporting.pages import render\n")
    seen = {script(copy)}
    for file in ("ops/csrc/deform_conv_cpu.cpp", "reporting/index.html.j2"):
        edit(copy / "supcore", file)
        seen.add(script(copy))
    assert len(seen) == 3
    (copy / "job.py").write_text("import supcore.reporting.transfer\n")
    before = script(copy)
    edit(copy / "supcore", "reporting/index.html.j2")
    assert script(copy) == before


def test_relative_and_local_imports_count(copy):
    package = copy / "supcore/extra"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text("from . import second\ndef late():\n    from .third import f\n    return f\n")
    (package / "second.py").write_text("import supcore.extra.fourth as fourth\n")
    (package / "third.py").write_text("f = 1\n")
    (package / "fourth.py").write_text("x = 1\n")
    (copy / "job.py").write_text("import supcore.extra.first\n")
    values = [script(copy)]
    for name in ("second", "third", "fourth"):
        edit(package, f"{name}.py")
        values.append(script(copy))
    assert len(set(values)) == 4


def test_a_network_from_elsewhere_counts_with_what_it_takes_from_the_library(copy):
    own = copy / "own"
    own.mkdir()
    (own / "network.py").write_text(
        "import json\nfrom supcore.networks.blocks import conv_norm_2d\nfrom . import layers\n"
    )
    (own / "layers.py").write_text("x = 1\n")
    before = network(copy, "own.network:Net")
    (own / "other.py").write_text("import own.network\n")
    edit(copy, "supcore/networks/aanet.py")
    assert network(copy, "own.network:Net") == before
    seen = {before}
    for file in ("own/network.py", "own/layers.py", "supcore/networks/blocks.py"):
        edit(copy, file)
        seen.add(network(copy, "own.network:Net"))
    assert len(seen) == 4


def test_a_module_without_a_package_counts(copy):
    (copy / "own_network.py").write_text("x = 1\n")
    before = network(copy, "own_network:Net")
    edit(copy, "own_network.py")
    assert network(copy, "own_network:Net") != before


def test_hashes_are_short_text(tmp_path):
    (tmp_path / "job.py").write_text(SCRIPT)
    assert re.fullmatch(r"[0-9a-f]{16}", script_hash(str(tmp_path / "job.py")))
    assert re.fullmatch(r"[0-9a-f]{16}", network_hash("psmnet"))


@pytest.mark.parametrize("module", ["supcore.network", "not_a_package.network"])
def test_misspelt_module_is_an_error(module):
    """A rule with a typing error would never run again, whatever is edited."""
    with pytest.raises(ImportError, match=re.escape(module)):
        network_hash(f"{module}:Net")
