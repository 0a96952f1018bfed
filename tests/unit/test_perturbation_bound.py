"""The epsilon of a stored perturbation: where it comes from, and that only rounding may exceed it."""

import pytest
import torch

from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation


def saved(path, share, epsilon):
    """A file whose tiles reach ``share`` of its epsilon, one of them on the negative side."""
    sup = StereoPerturbation((2, 4), (4, 8), epsilon)
    sup.left[0, 0, 0], sup.right[2, 1, 3] = 0.5 * share * epsilon, -share * epsilon
    sup.save(path)
    return path


def saved_by_the_authors(path, largest):
    """Their format states no epsilon."""
    tile = torch.zeros(3, 2, 4)
    tile[2, 1, 3] = -largest
    torch.save({f"perturb{view}_state_dict": {"weights": tile} for view in (0, 1)}, path)
    return path


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("epsilon", [0.02, 0.01, 0.005, 0.002, 0.1])
def test_elements_may_exceed_the_bound_by_rounding(tmp_path, suffix, epsilon):
    """The next larger float32 may come out of another order of operations, as in the release."""
    above = float(torch.nextafter(torch.tensor(epsilon), torch.tensor(2.0)))
    for reached in (epsilon, above):
        path = saved(tmp_path / f"sup{suffix}", reached / epsilon, epsilon)
        loaded = StereoPerturbation.load(path, image_size=(4, 8), epsilon=epsilon)
        assert loaded.right.min() == -torch.tensor(reached)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_elements_beyond_rounding_are_refused(tmp_path, suffix):
    """A hundred-thousandth too large is another epsilon, though it prints alike."""
    path = saved(tmp_path / f"sup{suffix}", 1 + 1e-5, 0.02)
    with pytest.raises(SupError, match=r"elements reach 0\.0200002, beyond its epsilon 0\.02"):
        StereoPerturbation.load(path, image_size=(4, 8), epsilon=0.02)


def test_the_whole_range_is_an_epsilon():
    assert StereoPerturbation("full", (4, 8), 1).epsilon == 1.0


def test_given_epsilon_of_an_authors_file_comes_before_its_name(tmp_path):
    (tmp_path / "tile64_norm002").mkdir()
    path = saved_by_the_authors(tmp_path / "tile64_norm002" / "sup.pth", 0.01)
    assert StereoPerturbation.load(path, image_size=(4, 8), epsilon=0.01).epsilon == 0.01
    assert StereoPerturbation.load(path, image_size=(4, 8)).epsilon == 0.02


@pytest.mark.parametrize(("largest", "epsilon"), [(2e-5, 2e-5), (0.0, 1e-8)])
def test_epsilon_of_a_tiny_perturbation_is_its_largest_element(tmp_path, largest, epsilon):
    """One of zeros still needs an epsilon above 0."""
    path = saved_by_the_authors(tmp_path / "sup.pth", largest)
    assert StereoPerturbation.load(path, image_size=(4, 8)).epsilon == pytest.approx(epsilon, rel=1e-6)
