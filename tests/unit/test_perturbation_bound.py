"""How far the elements of a stored perturbation may exceed its epsilon: by rounding, not by more."""

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


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("epsilon", [0.02, 0.01, 0.005, 0.002, 0.1])
def test_elements_at_the_bound_load_and_those_that_rounding_puts_above_it(tmp_path, suffix, epsilon):
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
