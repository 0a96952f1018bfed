"""Data sets on disk: indexed with exclusions and warnings, resized once, and evaluated from the cache."""

import json
import os

import numpy as np
import pandas as pd
import pytest
import yaml

from supcore.data.image_io import read_image, write_disparity, write_image
from supcore.data.manifest import read_manifest

pytestmark = pytest.mark.workflow

FRAMES = 4


def write_pair(training, frame):
    """One random pair with ground truth."""
    random = np.random.default_rng(frame)
    for view in ("image_2", "image_3"):
        image = random.integers(0, 256, (40, 120, 3), dtype=np.uint8)
        write_image(training / view / f"{frame:06d}_10.png", image)
    disparity = random.uniform(1, 9, (40, 120))
    write_disparity(training / "disp_occ_0" / f"{frame:06d}_10.png", disparity)
    disparity[:, :30] = 0
    write_disparity(training / "disp_noc_0" / f"{frame:06d}_10.png", disparity)


@pytest.fixture
def config(workspace):
    """The smoke configuration with a made-up KITTI 2015 in a folder with a space; a list leaves out one frame."""
    for frame in range(FRAMES):
        write_pair(workspace.folder / "my data/training", frame)
    (workspace.folder / "exclusions.txt").write_text("# not this one\ntraining/image_2/000001_10.png\n")
    kitti = {"layout": "kitti2015", "root": "my data", "splits": {"test": ":"}, "cache": True}
    return workspace.changed_config(
        workers=1,
        datasets__kitti=kitti | {"exclude": "exclusions.txt"},
        evaluation__datasets={"kitti": {"split": "test", "weights": ["demo"]}},
    )


def test_a_data_set_is_indexed_cached_and_evaluated(workspace, config):
    records = "results/evaluations/kitti/psmnet/demo/clean.csv"
    finished = workspace.snakemake(records, config=config)
    assert finished.returncode == 0, finished.stdout[-3000:]
    assert "my data: 4 pairs found, the complete data set has 200" in finished.stdout
    pairs = json.loads(workspace.read("results/manifests/kitti/test.json"))["settings"]["pairs"]
    assert pairs == {"found": 4, "expected": 200, "excluded": 1, "in_split": 3}
    frames = [sample.left[-13:-7] for sample in read_manifest(workspace.folder / "results/manifests/kitti/test.csv")]
    assert frames == ["000000", "000002", "000003"]
    left = np.load(workspace.folder / "results/cache/kitti/test/left.npy")
    assert left.shape == (3, 3, 64, 128)
    assert len(workspace.read(records).splitlines()) == 1 + 3


def test_pairs_are_cut_where_they_shall_keep_their_pixels(workspace, config):
    changed = yaml.safe_load((workspace.folder / config).read_text()) | {"image_size": [32, 96]}
    changed["datasets"]["kitti"]["fit"] = "crop"
    (workspace.folder / "cut.yaml").write_text(yaml.safe_dump(changed))
    finished = workspace.snakemake("results/cache/kitti/test", config="cut.yaml")
    assert finished.returncode == 0, finished.stdout[-3000:]
    left = np.load(workspace.folder / "results/cache/kitti/test/left.npy")
    whole = read_image(workspace.folder / "my data/training/image_2/000000_10.png")
    assert np.array_equal(left[0], whole[:32, :96].transpose(2, 0, 1))


def test_occluded_pixels_and_further_metrics_come_from_the_configuration(workspace, config):
    """Beside the same numbers as without, and read beside the cache of the pairs."""
    records = "results/evaluations/kitti/psmnet/demo/clean.csv"
    assert workspace.snakemake(records, config=config).returncode == 0
    columns = ["reference", "image", "d1", "epe", "n_valid"]
    plain = pd.read_csv(workspace.folder / records)[columns]
    changed = yaml.safe_load((workspace.folder / config).read_text())
    changed["datasets"]["kitti"]["layout_options"] = {"visible": "disp_noc_0"}
    changed["evaluation"]["metrics"] = ["bad2"]
    (workspace.folder / "asked.yaml").write_text(yaml.safe_dump(changed))
    finished = workspace.snakemake(records, config="asked.yaml")
    assert finished.returncode == 0, finished.stdout[-3000:]
    found = pd.read_csv(workspace.folder / records)
    truth = found[found["reference"] == "ground_truth"].reset_index(drop=True)
    assert truth[columns].equals(plain)
    parts = found[found["reference"] != "ground_truth"].groupby("reference")["n_valid"].apply(set).to_dict()
    assert parts == {"ground_truth_visible": {64 * 96}, "ground_truth_occluded": {64 * 32}}
    assert found["bad2"].between(0, 100).all()


def test_a_manifest_follows_the_pairs_on_disk(workspace, config):
    manifest = "results/manifests/kitti/test.csv"
    assert workspace.snakemake(manifest, config=config).returncode == 0
    assert "Nothing to be done" in workspace.snakemake("--dry-run", manifest, config=config).stdout
    write_pair(workspace.folder / "my data/training", FRAMES)
    finished = workspace.snakemake(manifest, config=config)
    assert finished.returncode == 0, finished.stdout[-3000:]
    assert len(read_manifest(workspace.folder / manifest)) == FRAMES  # one of the five is excluded
    (workspace.folder / "exclusions.txt").write_text("")
    os.utime(workspace.folder / "exclusions.txt", (0, 0))  # an older list in the place of this one
    assert "index_dataset" in workspace.snakemake("--dry-run", manifest, config=config).stdout


def test_the_table_of_seen_frames_is_readable_where_nothing_saw_any(workspace):
    """Released perturbations and bundled weights leave no pairs to compare with."""
    released = workspace.changed_config(sups__sources={"psmnet": {"released": "authors"}})
    finished = workspace.snakemake("results/tables/overlap.csv", config=released)
    assert finished.returncode == 0, finished.stdout[-3000:]
    assert workspace.read("results/tables/overlap.csv") == b"role,reported,shared,share,examples,method\n"


def test_a_truncated_image_is_named_by_the_job_that_resizes_it(workspace, config):
    broken = workspace.folder / "my data/training/image_3/000002_10.png"
    broken.write_bytes(broken.read_bytes()[:200])
    refused = workspace.snakemake("results/cache/kitti/test", config=config)
    assert refused.returncode != 0
    assert "image_3/000002_10.png: image cannot be decoded" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert not (workspace.folder / "results/cache/kitti/test").exists()


def test_the_leakage_free_paper_selects_and_trains_on_other_frames(workspace):
    files = ["config/paper.yaml", "config/overlays/paper/leakage_free.yaml"]
    planned = workspace.snakemake("--dry-run", config=files)
    assert planned.returncode == 0, planned.stdout[-2000:]
    reasons = [line for line in planned.stdout.splitlines() if "/sup.safetensors; Input files updated" in line]
    assert reasons
    for reason in reasons:
        assert "leakage_free/manifests/kitti2015/selection.csv" in reason
        assert "leakage_free/manifests/kitti2015/validation.csv" not in reason


def test_an_exclusion_list_is_only_for_data_on_disk(workspace):
    wrong = {"layout": "synthetic", "scene": "things", "splits": {"test": 1}, "exclude": "list.txt"}
    refused = workspace.snakemake("--dry-run", config=workspace.changed_config(datasets__extra=wrong))
    assert refused.returncode != 0
    assert "exclude" in refused.stdout
    assert "Traceback" not in refused.stdout
