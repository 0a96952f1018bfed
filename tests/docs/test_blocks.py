"""The Python and YAML of the documentation works as written, page by page in the order of its blocks."""

import importlib
import re
import shutil
import sys
import types
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import yaml

from supcore.corruptions import CORRUPTIONS
from supcore.data.layouts import LAYOUTS, LEFT_FOLDERS
from supcore.download.registry import load_registry
from supcore.networks import NETWORKS, build_network, save_weights
from supcore.networks.registry import NetworkEntry
from tests.conftest import SMALL
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
    """A working directory with the configuration, and registries that a page may add to."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("config", "resources"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    before = [(registry, dict(registry)) for registry in (CORRUPTIONS, LAYOUTS, LEFT_FOLDERS)]
    modules = set(sys.modules)
    yield
    for registry, entries in before:
        registry.clear()
        registry.update(entries)
    for name in set(sys.modules) - modules:
        if name.startswith(("my_package", "supcore.data.my_")):
            del sys.modules[name]


def attack_in_a_few_lines(monkeypatch):
    """A small PSMNet, its weights in a file of the authors' name, and one pair."""
    monkeypatch.setitem(NETWORKS, "psmnet", NetworkEntry("supcore.networks.psmnet", "PSMNet", SMALL))
    torch.save({"state_dict": build_network("psmnet").state_dict()}, "pretrained_KITTI2015.tar")
    left, right = torch.rand(2, 1, 3, 256, 640)
    return {"pairs": [(left, right)], "ground_truth": torch.full((1, 1, 256, 640), 5.0)}


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
    "README.md": attack_in_a_few_lines,
    "docs/reference/api/index.md": attack_in_a_few_lines,
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
    """Run Python, in the module that its first comment names or else with the names of the page so far."""
    path = re.match(r"# (supcore/\S+)\.py", block.code)
    exec(compile(block.code, str(block), "exec"), vars(module(path[1].replace("/", "."))) if path else names)


def module(name):
    """A module of the library; an empty one where the page is about to write it."""
    if find_spec(name):
        return importlib.import_module(name)
    sys.modules[name] = types.ModuleType(name)
    return sys.modules[name]


def plan(block, _):
    """Check a configuration on top of its base as Snakemake's start does, or a registry of released files."""
    content = yaml.safe_load(block.code)
    if set(content) <= {"files", "weights", "perturbations"}:
        registry = Path("registry.yaml")
        registry.write_text(block.code)
        load_registry(registry)
        return
    check(block.base, content)
