"""The Python and YAML of the documentation works as written, page by page in the order of its blocks."""

import shutil
import sys
from pathlib import Path

import pytest
import torch
import yaml

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
