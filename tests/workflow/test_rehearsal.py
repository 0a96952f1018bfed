"""Every configuration of the paper runs from start to end: part of its grid on miniatures of its data and releases."""

import csv
import re

import pytest

from supcore.data.manifest import read_manifest
from tests.rehearsal.__main__ import rehearse
from tests.rehearsal.overlay import FAMILIES
from tests.rehearsal.rehearse import CONFIGURATIONS, prepared
from tests.rehearsal.trees import DRIVES, FRAMES_2012, FRAMES_2015
from tests.workflow.conftest import REPOSITORY, Workspace, forked_snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

PAIRS = sum(DRIVES.values())
_LIST = (REPOSITORY / "resources/exclusions/kitti_raw_benchmark_drives.txt").read_text()
LEFT_OUT = sum(count for drive, count in DRIVES.items() if f"{drive}_sync" in _LIST)


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """The folder, and by configuration what came of it."""
    workspace = Workspace(tmp_path_factory.mktemp("rehearsal"))
    with prepared(workspace.folder, in_part=True) as runs:
        start = forked_snakemake()
        return workspace, {name: rehearse(workspace, name, runs[name], 2, start) for name in CONFIGURATIONS}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_runs_to_its_end_and_explains_every_published_number(rehearsed, name):
    workspace, outcomes = rehearsed
    log = (workspace.folder / f"{name}.log").read_text()
    assert not outcomes[name].problems, "\n".join([*outcomes[name].problems, log[-4000:]])


@pytest.mark.parametrize(
    ("manifest", "frames"),
    [
        ("results/manifests/kitti2015/validation.csv", [f for f in FRAMES_2015 if f >= 160]),
        ("results/manifests/kitti2015/train.csv", [f for f in FRAMES_2015 if f < 160]),
        ("results/leakage_free/manifests/kitti2015/selection.csv", [f for f in FRAMES_2015 if 120 <= f < 160]),
        ("results/manifests/kitti2012/all.csv", list(FRAMES_2012)),
    ],
)
def test_splits_go_by_the_number_of_the_frame(rehearsed, manifest, frames):
    workspace, _ = rehearsed
    assert [int(pair.left[-13:-7]) for pair in read_manifest(workspace.folder / manifest)] == frames


def test_sups_on_released_weights_are_optimized_once(rehearsed):
    """The overlay that trains networks attacks these, and takes the other SUPs from the paper's run."""
    workspace, _ = rehearsed
    attacked = {
        name: set(re.findall(r"Optimizing a SUP on (\w+):", (workspace.folder / f"{name}.log").read_text()))
        for name in ("paper", "training")
    }
    assert attacked == {"paper": set(FAMILIES), "training": set(FAMILIES) - {"aanet"}}


@pytest.mark.parametrize(("folder", "pairs"), [("results", PAIRS), ("results/leakage_free", PAIRS - LEFT_OUT)])
def test_kitti_raw_is_its_synchronised_drives_without_those_left_out(rehearsed, folder, pairs):
    workspace, _ = rehearsed
    assert 0 < LEFT_OUT < PAIRS
    listed = read_manifest(workspace.folder / folder / "manifests/kitti_raw/train.csv")
    assert len(listed) == pairs
    assert all("_sync/image_02/" in pair.left for pair in listed)


def test_released_sups_stand_beside_the_published_numbers(rehearsed):
    workspace, _ = rehearsed
    path = workspace.folder / "results/released_sups/tables/paper_comparison.csv"
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert any(row["ours"] and row["source"] == "aanet" and float(row["epsilon"]) == 0.02 for row in rows)
