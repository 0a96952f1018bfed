"""Parts that need the workflow's packages say so where these are missing."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("part", "package"),
    [("supcore.reporting", "matplotlib"), ("supcore.workflow", "jsonschema"), ("supcore.download", "requests")],
)
def test_a_missing_package_is_named_with_the_extra_that_has_it(part, package):
    program = f"import sys; sys.modules[{package!r}] = None; import {part}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"ImportError: {part} needs {package}: pip install 'supcore[workflow]'"


def test_the_library_needs_none_of_them():
    block = (
        "import sys; sys.modules.update(dict.fromkeys(('matplotlib', 'jsonschema', 'requests', 'yaml', 'snakemake')))"
    )
    names = (
        "supcore.networks, supcore.attack, supcore.evaluation, supcore.training, supcore.studies, supcore.corruptions"
    )
    subprocess.run([sys.executable, "-c", f"{block}; import {names}"], check=True)


def test_a_card_without_a_table_needs_none_of_them(tmp_path):
    """A SUP is shared from where the library alone is installed."""
    program = f"""
import sys; sys.modules.update(dict.fromkeys(("matplotlib", "seaborn", "jinja2", "tabulate", "yaml")))
from supcore.perturbation import StereoPerturbation
from supcore.sharing.cards import card
StereoPerturbation((8, 8), (16, 32), 0.02).save({str(tmp_path / "sup.pth")!r})
print(card({str(tmp_path / "sup.pth")!r}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "tiles of 8×8 px" in done.stdout
