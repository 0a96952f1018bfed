"""Left is left and right is right, height is height and width is width, and what a file says of its steps."""

import pytest
import torch

from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation


@pytest.fixture
def sup():
    """Tiles of two levels, beyond epsilon."""
    sup = StereoPerturbation((4, 8), (16, 32), 0.02)
    sup.left, sup.right = torch.full((3, 4, 8), 0.5), torch.full((3, 4, 8), -0.25)
    return sup


def test_each_view_is_projected_on_its_own(sup):
    sup.project()
    assert torch.equal(sup.left, torch.full((3, 4, 8), 0.02))
    assert torch.equal(sup.right, torch.full((3, 4, 8), -0.02))


def test_each_view_gets_its_own_tile(sup):
    image = torch.full((1, 3, 16, 32), 0.5)
    left, right = sup(image, image)
    torch.testing.assert_close(left, image + 0.02)
    torch.testing.assert_close(right, image - 0.02)


def test_random_signs_are_drawn_for_the_left_view_first():
    noise = StereoPerturbation.random_signs((4, 8), (16, 32), 0.02, torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    for tile in (noise.left, noise.right):
        positive = torch.randint(0, 2, (3, 4, 8), generator=generator).bool()
        assert torch.equal(tile > 0, positive)


@pytest.mark.parametrize("size", [(14, 32), (16, 28), (5, 9), (4, 8)])
def test_tiles_are_cut_off_at_the_right_and_lower_border(sup, size):
    """28 is a multiple of the tile's height only; every pixel is perturbed, as in the larger image."""
    sup.left = 0.02 * torch.rand(3, 4, 8)
    smaller = sup(*[torch.zeros(1, 3, *size)] * 2)[0]
    larger = sup(*[torch.zeros(1, 3, 16, 32)] * 2)[0]
    assert torch.equal(smaller, larger[..., : size[0], : size[1]])


@pytest.mark.parametrize("size", [(3, 8), (4, 7)])
def test_an_image_smaller_than_the_tile_is_refused(sup, size):
    with pytest.raises(SupError, match=f"a tile of 4x8 does not fit an image of {size[0]}x{size[1]}"):
        sup(*[torch.zeros(1, 3, *size)] * 2)


@pytest.mark.parametrize("size", [(17, 32), (16, 40), (12, 32)])
def test_a_perturbation_of_whole_images_does_not_fit_others(size):
    sup = StereoPerturbation("full", (16, 32), 0.02)
    assert sup(*[torch.zeros(1, 3, 32, 32)] * 2)[0].shape == (1, 3, 32, 32)
    with pytest.raises(SupError, match="whole images of 16x32 does not fit an image"):
        sup(*[torch.zeros(1, 3, *size)] * 2)


def test_step_nobody_noted_is_unknown_or_0_in_the_authors_files(sup, tmp_path):
    """Theirs have no other way to say it."""
    sup.project()
    for suffix, step in ((".safetensors", None), (".pth", 0)):
        sup.save(tmp_path / f"sup{suffix}")
        assert StereoPerturbation.load(tmp_path / f"sup{suffix}", image_size=(16, 32)).train_step == step


@pytest.mark.parametrize("step", [None, "14000", 1.5])
def test_step_of_an_authors_file_that_is_no_number_is_unknown(tmp_path, step):
    views = {f"perturb{n}_state_dict": {"weights": torch.zeros(3, 4, 8)} for n in (0, 1)}
    torch.save(views | {"train_step": step}, tmp_path / "sup.pth")
    assert StereoPerturbation.load(tmp_path / "sup.pth", image_size=(16, 32)).train_step is None
