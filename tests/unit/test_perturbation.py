"""The stereoscopic universal perturbation: projection, tiling, clamping, files."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation, clamp_unit

FORMATS = (".safetensors", ".pth")


def random_sup(size=(4, 8), image_size=(16, 32), epsilon=0.02, seed=0):
    sup = StereoPerturbation(size, image_size, epsilon)
    generator = torch.Generator().manual_seed(seed)
    for view in ("left", "right"):
        setattr(sup, view, (torch.rand(getattr(sup, view).shape, generator=generator) * 2 - 1) * epsilon)
    return sup


# ---- the perturbation itself --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"size": 64}, 'size must be (height, width), or "full", got 64'),
        ({"size": "tile64"}, "size must be (height, width), or \"full\", got 'tile64'"),
        ({"image_size": (3, 128, 256)}, "image_size must be (height, width), got (3, 128, 256)"),
    ],
)
def test_sizes_that_are_no_height_and_width_are_refused(sizes, message):
    with pytest.raises(SupError, match=f"^{re.escape(message)}$"):
        StereoPerturbation(**{"size": (64, 64), "image_size": (128, 256), "epsilon": 0.02, **sizes})


def test_tiles_are_zero_at_first_and_full_is_the_image_size():
    full, tile = (StereoPerturbation(size, (16, 32), 0.02) for size in ("full", (16, 32)))
    assert full.size == tile.size == (16, 32)
    assert full.left.shape == full.right.shape == (3, 16, 32)
    assert not full.left.any()
    assert not full.right.any()


@pytest.mark.parametrize(
    ("size", "image_size"),
    [
        *(((h, w), (16, 32)) for h, w in ((5, 8), (4, 7), (32, 32), (0, 8), (-4, 8))),
        ((4, 8), (14, 32)),
        ((4, 8), (16, 28)),
    ],
)
def test_both_sides_of_the_tile_must_divide_the_image_s(size, image_size):
    """28 is a multiple of the tile's height only."""
    line = "tile {}x{} does not divide the image {}x{}; choose a tile whose sides divide the image's"
    with pytest.raises(SupError, match=line.format(*size, *image_size)):
        StereoPerturbation(size, image_size, 0.02)


@pytest.mark.parametrize("epsilon", [0, -0.1, 1.01, float("nan"), float("inf")])
def test_epsilon_outside_the_intensity_range_is_refused(epsilon):
    with pytest.raises(SupError, match=r"epsilon must be in \(0, 1\]"):
        StereoPerturbation("full", (16, 32), epsilon)


def test_tile_repeats_from_the_top_left_corner():
    sup = random_sup()
    image = torch.full((2, 3, 16, 32), 0.5)
    left, right = sup(image, image)
    for view, tile in ((left, sup.left), (right, sup.right)):
        for row in range(4):
            for column in range(4):
                window = view[:, :, 4 * row : 4 * row + 4, 8 * column : 8 * column + 8]
                assert torch.equal(window, (image[..., :4, :8] + tile).expand(2, 3, 4, 8))


@given(hnp.arrays(np.float32, (3, 2, 4), elements=st.floats(-1, 1, width=32)), st.sampled_from([0.002, 0.02, 0.5]))
def test_applied_tile_is_the_projection(values, epsilon):
    """A tile of a larger epsilon is clipped when it is applied; the stored one does not change."""
    sup = StereoPerturbation((2, 4), (4, 8), epsilon)
    sup.left = torch.from_numpy(values)
    image = torch.full((1, 3, 4, 8), 0.5)
    applied, _ = sup(image, image)
    bound = np.float32(epsilon)
    expected = np.float32(0.5) + np.tile(np.clip(values, -bound, bound), (1, 2, 2))
    np.testing.assert_array_equal(applied[0].numpy(), np.clip(expected, 0, 1))
    assert torch.equal(sup.left, torch.from_numpy(values))


def test_projection_equals_the_release(golden):
    """Including -0, infinities and NaN as the release treats them."""
    stored = np.load(golden / "lp_projection.npz")
    for source, expected, epsilon in (("w", "w_out", 0.02), ("w", "w_out_1e4", 1e-4), ("v", "v_out", 0.02)):
        values = torch.from_numpy(stored[source]).reshape(-1, 1, 1)
        sup = StereoPerturbation((1, 1), (1, 1), epsilon)
        sup.left = values
        sup.project()
        np.testing.assert_array_equal(sup.left.flatten().numpy(), stored[expected].ravel())


def test_zero_perturbation_leaves_images_bit_identical(images):
    """Otherwise the clean row of a table would not be clean."""
    left, right = images
    perturbed = StereoPerturbation((8, 16), (32, 64), 0.02)(left, right)
    assert torch.equal(perturbed[0], left)
    assert torch.equal(perturbed[1], right)


def test_perturbed_images_stay_in_the_intensity_range(images):
    for view in random_sup((8, 16), (32, 64), 0.5)(*images):
        assert view.min() >= 0
        assert view.max() <= 1


def test_clamp_passes_gradients_at_the_bounds_and_not_beyond():
    """PyTorch 2.14 stops them at the bounds; saturated pixels would drop out of the first step (Q2)."""
    values = torch.tensor([-0.1, 0.0, 0.3, 1.0, 1.1], requires_grad=True)
    clamped = clamp_unit(values)
    clamped.sum().backward()
    np.testing.assert_array_equal(clamped.detach().numpy(), np.float32([0, 0, 0.3, 1, 1]))
    assert values.grad.tolist() == [0, 1, 1, 1, 0]


def test_random_signs_are_plus_or_minus_epsilon_and_seeded():
    def noise(seed):
        return StereoPerturbation.random_signs((16, 16), (16, 32), 0.02, torch.Generator().manual_seed(seed))

    first, again, other = noise(1), noise(1), noise(2)
    values = torch.stack((first.left, first.right))
    assert values.abs().unique().tolist() == [np.float32(0.02)]
    assert 0.4 < (values > 0).float().mean() < 0.6
    assert torch.equal(first.left, again.left)
    assert torch.equal(first.right, again.right)
    assert not torch.equal(first.left, other.left)
    assert not torch.equal(first.left, first.right)


# ---- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_saved_and_loaded_bit_for_bit(tmp_path, suffix):
    sup = random_sup(image_size=(16, 32), epsilon=0.013)
    sup.train_step = 14000
    path = tmp_path / f"ünï code{suffix}"
    sup.save(path)
    loaded = StereoPerturbation.load(path, image_size=(16, 32), epsilon=0.013)
    assert torch.equal(loaded.left, sup.left)
    assert torch.equal(loaded.right, sup.right)
    assert (loaded.size, loaded.image_size, loaded.epsilon) == (sup.size, sup.image_size, sup.epsilon)
    assert loaded.train_step == 14000


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_of_ours_knows_its_own_epsilon_and_image_size(tmp_path, suffix):
    """Whatever its path says."""
    path = tmp_path / f"norm002{suffix}"
    random_sup(image_size=(48, 64), epsilon=0.005).save(path, {"network": "psmnet"})
    loaded = StereoPerturbation.load(path)
    assert (loaded.image_size, loaded.epsilon) == ((48, 64), 0.005)


@pytest.mark.parametrize("name", ["sup", "sup.npy", "sup.pt", "sup.safetensors.bak"])
def test_another_suffix_is_refused_and_nothing_written(tmp_path, name):
    with pytest.raises(SupError, match=rf"{name}: a perturbation is saved as .safetensors, or as .pth"):
        random_sup().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_equal_perturbations_give_equal_bytes(tmp_path):
    for number in range(8):
        random_sup().save(tmp_path / f"{number}.safetensors", {"weights": "demo", "network": "psmnet"})
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_our_pth_is_laid_out_as_the_authors(tmp_path):
    """Their scripts read these keys."""
    sup = random_sup()
    sup.save(tmp_path / "sup.pth")
    content = torch.load(tmp_path / "sup.pth", weights_only=True)
    assert set(content) == {"train_step", "perturb0_state_dict", "perturb1_state_dict", "epsilon", "image_size"}
    assert all(set(content[f"perturb{view}_state_dict"]) == {"weights"} for view in (0, 1))
    assert torch.equal(content["perturb0_state_dict"]["weights"], sup.left)
    assert torch.equal(content["perturb1_state_dict"]["weights"], sup.right)


@pytest.mark.parametrize("network", ["psmnet", "aanet"])
def test_authors_files_load_and_equal_the_stored_tiles(golden, network):
    sup = StereoPerturbation.load(golden / "files" / f"perturb_{network}_tile16.pth", epsilon=0.02)
    stored = np.load(golden / "attack.npz")
    assert (sup.size, sup.image_size, sup.epsilon) == ((16, 16), (256, 640), 0.02)
    assert sup.train_step == 3
    for number, tile in enumerate((sup.left, sup.right)):
        np.testing.assert_array_equal(tile.numpy(), stored[f"{network}/tile_gs1e-4/step3_perturb{number}"])


@pytest.mark.parametrize(
    ("folder", "epsilon"), [("tile64_norm002", 0.02), ("full_norm0005", 0.005), ("x", None), ("norm002/norm001", 0.01)]
)
def test_epsilon_of_an_authors_file_comes_from_its_folder(tmp_path, folder, epsilon):
    """They store none; without a name it is the largest element."""
    sup = random_sup(epsilon=0.004)
    (tmp_path / folder).mkdir(parents=True)
    views = {f"perturb{view}_state_dict": {"weights": tile} for view, tile in enumerate((sup.left, sup.right))}
    torch.save(views | {"train_step": 1}, tmp_path / folder / "perturb.pth")
    loaded = StereoPerturbation.load(tmp_path / folder / "perturb.pth", image_size=(16, 32))
    largest = max(float(sup.left.abs().max()), float(sup.right.abs().max()))
    assert loaded.epsilon == (largest if epsilon is None else epsilon)
