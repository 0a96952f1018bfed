"""The Python and YAML of the documentation works as written, page by page in the order of its blocks."""

import shutil
import sys
from pathlib import Path

import pytest
import yaml

from supcore.download.registry import load_registry
from supcore.networks import build_network, save_weights
from supcore.perturbation import StereoPerturbation
from tests.docs.blocks import REPOSITORY, blocks, check

BLOCKS = blocks("python", "yaml")
PAGES = sorted({block.page for block in BLOCKS if not block.skipped})
SKIPPED = [
    pytest.param(b, marks=pytest.mark.skip(reason=f"documentation: {b.skipped}"), id=str(b))
    for b in BLOCKS
    if b.skipped
]


@pytest.fixture(autouse=True)
def _surroundings(tmp_path, monkeypatch):
    """A working directory with the configuration and the examples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("config", "examples", "resources"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    modules = set(sys.modules)
    yield
    for name in set(sys.modules) - modules:
        if name.startswith("my_package"):
            del sys.modules[name]


def sup_of_the_pages(_):
    """What the commands of the page made."""
    StereoPerturbation((64, 64), (128, 256), 0.02).save("sup.safetensors")
    return {}


def results_of_the_demo(_):
    """The tables as the demo writes them."""
    shutil.copytree(REPOSITORY / "reference_results/demo", "results/tables")
    return {}


def network_of_ones_own(_):
    """The example, under the name that the page gives it."""
    source = (REPOSITORY / "examples/own_network.py").read_text().replace("TinyCorrelation", "MyNetwork")
    package = Path("my_package")
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "my_module.py").write_text(source)
    save_weights(build_network("my_package.my_module:MyNetwork", max_disparity=192), "weights.safetensors")
    return {}


# What a page's reader has at hand.
AT_HAND = {
    "docs/how-to/own-pairs.md": sup_of_the_pages,
    "docs/tutorial/tables.md": results_of_the_demo,
    "docs/how-to/own-network.md": network_of_ones_own,
}


@pytest.mark.parametrize("page", [*PAGES, *SKIPPED])
def test_blocks_of_a_page_work(page, monkeypatch):
    names = AT_HAND.get(page, lambda _: {})(monkeypatch)
    for block in BLOCKS:
        if block.page == page and not block.skipped:
            try:
                {"python": run, "yaml": plan}[block.language](block, names)
            except Exception as error:
                error.add_note(f"in {block}")
                raise


def run(block, names):
    """Run Python with the names of the page so far."""
    exec(compile(block.code, str(block), "exec"), names)


def plan(block, _):
    """Check a configuration on top of its base as Snakemake's start does, or a registry of released files."""
    content = yaml.safe_load(block.code)
    if set(content) <= {"files", "weights", "perturbations"}:
        registry = Path("registry.yaml")
        registry.write_text(block.code)
        load_registry(registry)
        return
    check(block.base, content)
