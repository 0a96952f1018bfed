"""The hash that re-runs a rule: it changes with the code the rule runs, and with nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from supcore.pipeline.code_hash import code_hash, package_root


@pytest.fixture
def copy_of_package(tmp_path):
    shutil.copytree(package_root(), tmp_path / "supcore", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "supcore"


def hashed(package: Path, *modules: str) -> str:
    """In a fresh process, as the parse of a Snakefile is."""
    program = (
        "import sys; from supcore.pipeline.code_hash import code_hash, package_root;"
        "print(package_root(), code_hash(*sys.argv[1:]), 'torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, *modules],
        env=environment,
        cwd=package.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    root, value, torch_imported = done.stdout.split()
    assert Path(root) == package
    assert torch_imported == "False", "the workflow would take seconds to build its graph"
    return value


def edit(package: Path, file: str) -> None:
    with (package / file).open("a", encoding="utf-8") as stream:
        stream.write("\n# edited\n")


def test_changes_with_what_the_module_imports_and_with_nothing_else(copy_of_package):
    """supcore.attack.universal imports perturbation, which imports files; it does not import reporting."""
    module = "supcore.attack.universal"
    before = hashed(copy_of_package, module)
    assert before == code_hash(module), "the copy has the same code as the package"
    edit(copy_of_package, "reporting/style.py")
    edit(copy_of_package, "evaluation/records.py")
    (copy_of_package / "new_module.py").write_text("import supcore.attack.universal\n")
    assert hashed(copy_of_package, module) == before
    seen = {before}
    for file in ("attack/universal.py", "perturbation.py", "files.py", "networks/base.py"):
        edit(copy_of_package, file)
        seen.add(hashed(copy_of_package, module))
    assert len(seen) == 5


def test_networks_that_are_imported_by_name_take_the_star(copy_of_package):
    """The registry imports psmnet when it builds it: no import statement tells."""
    before = [hashed(copy_of_package, module) for module in ("supcore.networks", "supcore.networks.*")]
    edit(copy_of_package, "networks/psmnet.py")
    after = [hashed(copy_of_package, module) for module in ("supcore.networks", "supcore.networks.*")]
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_relative_and_local_imports_count(copy_of_package):
    package = copy_of_package / "extra"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text("from . import second\ndef late():\n    from .third import f\n    return f\n")
    (package / "second.py").write_text("import supcore.extra.fourth as fourth\n")
    (package / "third.py").write_text("f = 1\n")
    (package / "fourth.py").write_text("x = 1\n")
    values = [hashed(copy_of_package, "supcore.extra.first")]
    for name in ("second", "third", "fourth"):
        edit(copy_of_package, f"extra/{name}.py")
        values.append(hashed(copy_of_package, "supcore.extra.first"))
    assert len(set(values)) == 4


def test_a_package_from_elsewhere_counts_with_what_it_takes_from_the_library(copy_of_package):
    """Editing a network of one's own re-runs its jobs; editing another network of the library does not."""
    own = copy_of_package.parent / "own"
    own.mkdir()
    (own / "network.py").write_text(
        "import json\nfrom supcore.networks.blocks import conv_norm_2d\nfrom . import layers\n"
    )
    (own / "layers.py").write_text("x = 1\n")
    before = hashed(copy_of_package, "own.network")
    (own / "other.py").write_text("import own.network\n")
    edit(copy_of_package, "networks/aanet.py")
    assert hashed(copy_of_package, "own.network") == before
    seen = {before}
    for file in ("../own/network.py", "../own/layers.py", "networks/blocks.py"):
        edit(copy_of_package, file)
        seen.add(hashed(copy_of_package, "own.network"))
    assert len(seen) == 4


def test_a_module_without_a_package_counts(copy_of_package):
    (copy_of_package.parent / "own_network.py").write_text("x = 1\n")
    before = hashed(copy_of_package, "own_network")
    edit(copy_of_package, "../own_network.py")
    assert hashed(copy_of_package, "own_network") != before


def test_order_and_repetition_of_the_modules_do_not_matter():
    assert code_hash("supcore.metrics", "supcore.files") == code_hash("supcore.files", "supcore.metrics")
    assert code_hash("supcore.metrics", "supcore.metrics") == code_hash("supcore.metrics")
    assert code_hash("supcore.metrics") != code_hash("supcore.files")


def test_is_short_text():
    assert re.fullmatch(r"[0-9a-f]{16}", code_hash("supcore.metrics"))


@pytest.mark.parametrize("module", ["supcore.metric", "supcore.network.*", "not_a_package.network"])
def test_misspelt_module_is_an_error(module):
    """A rule with a typing error would never run again, whatever is edited."""
    with pytest.raises(ImportError, match=re.escape(module.removesuffix(".*"))):
        code_hash(module)
