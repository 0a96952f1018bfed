"""What an attack read and wrote, in the folders of the paper's code."""

import numpy as np
import pytest
import torch
from PIL import Image

from supcore.data.dataset import StereoDataset, to_unit_range
from supcore.evaluation.outputs import write_outputs
from supcore.perturbation import StereoPerturbation

FOLDERS = {"image0", "image1", "image0_output", "image1_output", "perturb0", "perturb1"} | {
    "disparity_origin",
    "disparity_output",
    "ground_truth",
}


@pytest.fixture
def written(small_network, make_samples, tmp_path):
    pairs = StereoDataset(make_samples(2, seed=4), keep_in_memory=True)
    noise = StereoPerturbation.random_signs((8, 16), (32, 64), 0.05, torch.Generator().manual_seed(0))
    write_outputs(small_network, pairs, noise, tmp_path / "out")
    return small_network, pairs, noise, tmp_path / "out"


def test_every_folder_holds_one_file_for_each_pair(written):
    *_, folder = written
    assert {path.name for path in folder.iterdir()} == FOLDERS
    for path in folder.iterdir():
        assert sorted(file.stem for file in path.iterdir()) == ["00000", "00001"]


def test_images_come_back_and_the_perturbed_ones_are_cut_off_to_whole_numbers(written):
    _, pairs, noise, folder = written
    for index in range(2):
        clean = [to_unit_range(view)[None] for view in (pairs[index].left, pairs[index].right)]
        for number, (view, image) in enumerate(zip(noise(*clean), clean, strict=True)):
            stored = np.asarray(Image.open(folder / f"image{number}" / f"{index:05d}.png"))
            np.testing.assert_array_equal(stored, np.rint(255 * image[0].permute(1, 2, 0).numpy()))
            output = np.asarray(Image.open(folder / f"image{number}_output" / f"{index:05d}.png"))
            np.testing.assert_array_equal(output, np.floor(view[0].permute(1, 2, 0).numpy() * np.float32(255)))


def test_disparities_truth_and_tiles_are_plain_arrays(written):
    network, pairs, noise, folder = written
    clean = [to_unit_range(view)[None] for view in (pairs[1].left, pairs[1].right)]
    expected = {
        "disparity_origin": network.predict(*clean)[0, 0],
        "disparity_output": network.predict(*noise(*clean))[0, 0],
        "ground_truth": pairs[1].disparity[0],
        "perturb0": noise.left.permute(1, 2, 0),
        "perturb1": noise.right.permute(1, 2, 0),
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(np.load(folder / name / "00001.npy"), values.numpy())
