"""Released weights and class maps: obtained again when their entry or the user's own file changes, and only then."""

import os
import zipfile

import numpy as np
import pytest
import torch
import yaml

from supcore.files import sha256
from supcore.tensor_files import read_tensors, write_tensors
from tests.workflow.conftest import REPOSITORY, SMOKE

pytestmark = pytest.mark.workflow

WEIGHTS = "results/weights/psmnet/mine.safetensors"


class Own:
    """A registry with a checkpoint of the user's, and a configuration that uses it."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.file = workspace.folder / "my weights.bin"  # safetensors, though the name does not say so
        self.file.write_bytes((REPOSITORY / "resources/demo_weights/psmnet.safetensors").read_bytes())
        smoke = yaml.safe_load(SMOKE.read_text())
        networks = {name: {**n, "weights": {"mine": {"registry": "mine"}}} for name, n in smoke["networks"].items()}
        self.config = workspace.changed_config(
            networks={"psmnet": networks["psmnet"]},
            weights_registry="registry.yaml",
            sups__weights=["mine"],
            evaluation__datasets={"synthetic_driving": {"split": "test", "weights": ["mine"]}},
        )
        self.list()

    def list(self, **known):
        entry = {"path": self.file.name, **known}
        (self.workspace.folder / "registry.yaml").write_text(yaml.safe_dump({"weights": {"psmnet": {"mine": entry}}}))

    def run(self, *options):
        return self.workspace.snakemake(WEIGHTS, *options, config=self.config, cores=1)


@pytest.fixture
def own(workspace):
    return Own(workspace)


def test_weights_follow_the_user_s_file_and_its_entry(own):
    finished = own.run()
    assert finished.returncode == 0, finished.stdout[-3000:]
    stored, _ = read_tensors(own.workspace.folder / WEIGHTS)
    given, _ = read_tensors(own.file)
    assert all(torch.equal(stored[name], given[name]) for name in given)
    assert "Nothing to be done" in own.run("--dry-run").stdout

    own.list(size=own.file.stat().st_size)  # noting what is known of the file changes nothing
    assert "Nothing to be done" in own.run("--dry-run").stdout
    (own.workspace.folder / "other.bin").write_bytes(own.file.read_bytes())
    own.list(path="other.bin")
    assert "Fetching the weights mine of psmnet" in own.run("--dry-run").stdout
    own.list()
    assert "Nothing to be done" in own.run("--dry-run").stdout
    content = own.file.read_bytes()
    own.file.unlink()
    own.file.write_bytes(content)  # Snakemake looks into files below a megabyte, and at the date of others
    assert "Nothing to be done" in own.run("--dry-run").stdout


def test_the_content_of_the_user_s_file_decides_not_its_date(own):
    """Also of an older file put in its place, and of an entry that states another content."""
    assert own.run().returncode == 0
    before = own.file.stat().st_mtime
    own.list(sha256=sha256(own.file))
    assert "Nothing to be done" in own.run("--dry-run").stdout
    own.list(sha256="0" * 64)
    refused = own.run()
    assert refused.returncode != 0
    assert "my weights.bin: not the checkpoint of psmnet/mine: " in refused.stdout
    own.list()
    tensors, header = read_tensors(own.file)
    write_tensors(own.file, {name: value + 1 for name, value in tensors.items()}, header)
    os.utime(own.file, (before - 1000, before - 1000))
    assert "Fetching the weights mine of psmnet" in own.run("--dry-run").stdout


def test_another_number_of_parameters_than_stated_is_one_line(own):
    own.list(parameters=5)
    refused = own.run()
    assert refused.returncode != 0
    assert "with these weights, the registry states 5; correct its entry or the options" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert not (own.workspace.folder / WEIGHTS).exists()


def test_released_class_maps_are_fetched_where_the_pattern_leads_to_them(workspace):
    """From the archive placed by hand; other files in it stay there, and so do the folders around the maps."""
    kitti = {"layout": "kitti2015", "root": "data/kitti", "splits": {"all": ":"}}
    maps = {"segmentation": "./downloads/kitti_segmentation/pred_{frame}.npy"}
    others = {"segmentation": "../own/pred_{frame}.npy"}
    config = workspace.changed_config(
        datasets__kitti=kitti | {"layout_options": maps}, datasets__kitti_others=kitti | {"layout_options": others}
    )
    (workspace.folder / "data/kitti").mkdir(parents=True)
    for dataset, planned in (("kitti", True), ("kitti_others", False)):
        graph = workspace.snakemake("--dry-run", f"results/manifests/{dataset}/all.csv", config=config)
        assert graph.returncode == 0, graph.stdout[-3000:]
        assert ("download_class_maps" in graph.stdout) == planned

    downloads = workspace.folder / "downloads"
    downloads.mkdir()
    archived = "kitti_segmentation/data/kitti_scene_flow/training/image_2/"
    with zipfile.ZipFile(downloads / "kitti_segmentation.zip", "w") as archive:
        for name in ("pred_000000_10.npy", "pred_000001_10.npy", "pred_000001_11.npy", "notes.txt"):
            with archive.open(archived + name, "w") as stream:
                np.save(stream, np.zeros((4, 6), np.uint8))
    (downloads / ".kitti_segmentation.abcd1234/content").mkdir(parents=True)  # of a killed process
    finished = workspace.snakemake("downloads/kitti_segmentation", config=config, cores=1)
    assert finished.returncode == 0, finished.stdout[-3000:]
    assert not list(downloads.glob(".kitti_segmentation.[a-z]*[0-9]"))
    unpacked = sorted(path.name for path in (downloads / "kitti_segmentation").glob("[!.]*"))
    assert unpacked == ["pred_000000_10.npy", "pred_000001_10.npy"]
